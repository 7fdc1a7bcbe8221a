"""Data of one's own: read, reported on, divided, kept, found by name, deleted and brought back."""

import csv
import io
import json
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from nas_core import benchmarks, datasets
from nas_core.child import stream
from nas_core.sources import own_data
from nas_core.sources.own_data import Options
from nas_core.sources.own_data._parts import draw
from tests.command_line import call, last, refused


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(tmp_path / "data"))


def picture(seed, side=16, mode="L"):
    """A random image, smooth enough to survive JPEG."""
    shape = (4, 4) if mode == "L" else (4, 4, 3)
    coarse = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def png(image, kind="PNG"):
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def pictures(folder, each=6, classes=("cat", "dog"), **how):
    """A folder of images for each class."""
    for c, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for i in range(each):
            (folder / name / f"{i}.png").write_bytes(png(picture(1000 * c + i, **how)))
    return folder


def read(path, kind, **options):
    *_, draft = own_data.read(path, Options(kind, **options))
    return draft


def kept(path, kind, title="Mine", **options):
    return datasets.create(own_data.save(read(path, kind, **options), title))


def table(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_folder_of_images_becomes_a_dataset(tmp_path):
    dataset = kept(pictures(tmp_path / "pets", each=20), "images")
    assert (dataset.name, dataset.title(), dataset.kind, dataset.channels, dataset.size) == (
        "mine",
        "Mine",
        "image",
        1,
        16,
    )
    assert dataset.classes == 2 and dataset.class_names() == ["cat", "dog"]
    splits = dataset.load()
    assert {name: len(split) for name, split in splits.items()} == {"train": 24, "val": 8, "test": 8}
    assert {name: np.bincount(split.labels).tolist() for name, split in splits.items()}["val"] == [4, 4]
    train = splits["train"].images
    assert train.dtype == np.float32 and abs(train.mean()) < 1e-5 and abs(train.std() - 1) < 1e-5
    how = dataset.preprocessing()
    raw, _ = dataset.raw("test")
    mean, std = (np.array(how[name], np.float32)[:, None, None] for name in ("mean", "std"))
    assert np.array_equal((raw.astype(np.float32) / np.float32(255) - mean) / std, splits["test"].images)


def test_the_same_folder_and_seed_give_the_same_data(tmp_path):
    folder = pictures(tmp_path / "pets", each=10)
    one, again, other = (read(folder, "images", seed=seed) for seed in (0, 0, 1))
    assert one.info["fingerprint"] == again.info["fingerprint"] != other.info["fingerprint"]


def test_parts_are_taken_from_folders_and_the_missing_one_is_drawn_from_train(tmp_path):
    pictures(tmp_path / "set" / "Training", each=10)
    pictures(tmp_path / "set" / "test", each=3, side=17)
    draft = read(tmp_path / "set", "images", size=16)
    assert {part: sum(counts.values()) for part, counts in draft.counts.items()} == {"train": 16, "val": 4, "test": 6}


def test_a_zip_with_one_folder_on_top_is_read_and_clutter_is_not(tmp_path):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for name in ("cat", "dog"):
            for i in range(5):
                archive.writestr(f"pets/{name}/{i}.png", png(picture(f"{name}{i}".encode()[0] * 99 + i)))
        archive.writestr("__MACOSX/pets/cat/._0.png", b"x")
        archive.writestr("pets/readme.txt", b"x")
    draft = read(tmp_path / "pets.zip", "images")
    assert draft.info["classes"] == ["cat", "dog"] and sum(map(sum, (c.values() for c in draft.counts.values()))) == 10
    assert draft.left_out == [("pets/readme.txt", "it is in no folder of a class")]


def test_what_cannot_be_used_is_named_with_its_reason(tmp_path):
    folder = pictures(tmp_path / "pets")
    (folder / "cat" / "broken.png").write_bytes(png(picture(1))[:60])
    (folder / "cat" / "note.png").write_bytes(b"no image")
    (folder / "dog" / "black.png").write_bytes(png(Image.new("L", (16, 16))))
    (folder / "dog" / "link.png").symlink_to(folder / "cat" / "0.png")
    draft = read(folder, "images")
    reasons = dict(draft.left_out)
    assert set(reasons) == {"cat/broken.png", "cat/note.png", "dog/link.png"} and draft.n_left_out == 3
    assert "damaged" in reasons["cat/broken.png"] and "not an image" in reasons["cat/note.png"]
    assert "link" in reasons["dog/link.png"]
    assert any("one colour only (such as dog/black.png)" in remark for remark in draft.remarks)
    assert any(remark.startswith("Small classes") for remark in draft.remarks)


def test_near_duplicates_stay_in_one_part_or_are_reported(tmp_path):
    folder = pictures(tmp_path / "pets", each=12, side=64)
    for i in range(12):
        (folder / "cat" / f"copy{i}.jpg").write_bytes(png(picture(i, side=64), "JPEG"))
    draft = read(folder, "images")
    assert any(remark.startswith("12 of 36 examples are nearly the same as an earlier one") for remark in draft.remarks)
    assert not any("another part" in remark for remark in draft.remarks)
    pictures(tmp_path / "set" / "train", each=8, side=64)
    pictures(tmp_path / "set" / "test", each=4, side=64)
    crossing = read(tmp_path / "set", "images", size=64)
    assert any(
        remark.startswith("8 of 24 examples are nearly the same as one in another part") for remark in crossing.remarks
    )


def test_different_small_images_are_not_near_duplicates(tmp_path):
    from sklearn.datasets import load_digits

    digits, labels = load_digits(return_X_y=True)
    for i in range(600):
        (tmp_path / "digits" / str(labels[i])).mkdir(parents=True, exist_ok=True)
        image = Image.fromarray((digits[i].reshape(8, 8) * 255 / 16).round().astype(np.uint8))
        (tmp_path / "digits" / str(labels[i]) / f"{i}.png").write_bytes(png(image))
    draft = read(tmp_path / "digits", "images")
    assert draft.remarks == [] and draft.info["size"] == 8 and draft.info["channels"] == 1


def test_parquet_as_hugging_face_writes_it(tmp_path):
    rows = [{"image": {"bytes": png(picture(i, mode="RGB")), "path": f"{i}.png"}, "label": i % 2} for i in range(12)]
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    schema = pa.Table.from_pylist(rows).schema.with_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), tmp_path / "pets.parquet")
    draft = read(tmp_path / "pets.parquet", "images")
    assert draft.info["classes"] == ["cat", "dog"] and draft.info["channels"] == 3


TEXTS = [["query", "intent"], *([f"where is my card number {i} of {i * i}", "card"] for i in range(20))]
TEXTS += [[f"please send {i} pounds to account {i * 7}", "pay"] for i in range(20)]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_texts_are_read_from_the_columns_that_are_called_so(tmp_path, kind):
    if kind == "csv":
        path = table(tmp_path / "bank.csv", TEXTS)
    else:
        rows = [dict(zip(TEXTS[0], row, strict=True)) for row in TEXTS[1:]]
        path = tmp_path / f"bank.{kind}"
        if kind == "jsonl":
            path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        else:
            pq.write_table(pa.Table.from_pylist(rows), path)
    dataset = kept(path, "text", length=8)
    train = dataset.load()["train"]
    assert dataset.kind == "tokens" and train.images.dtype == np.int64 and train.images.shape == (24, 8)
    words = dataset.preprocessing()["words"]
    assert {"where", "card", "please"} <= set(words) and train.images.max() <= len(words) + 1
    assert dataset.class_names() == ["card", "pay"]


def test_the_words_are_those_of_the_training_part_alone(tmp_path):
    rows = [["text", "label", "split"]]
    rows += [[f"common {a}{i}", a, "train"] for a in "xy" for i in range(5)]
    rows += [[f"secret{part} {a}{i}{part}", a, part] for part in ("val", "test") for a in "xy" for i in range(3)]
    dataset = kept(table(tmp_path / "t.csv", rows), "text", split="split", length=4)
    assert "common" in dataset.preprocessing()["words"] and "secrettest" not in dataset.preprocessing()["words"]
    assert dataset.load()["test"].images[0].tolist() == [1, 1, 0, 0]


def test_a_group_stays_in_one_part(tmp_path):
    rows = [["text", "label", "speaker"]]
    rows += [[f"word{i} said by {i % 15}", "ab"[i % 2], f"s{i % 15}"] for i in range(120)]
    dataset = kept(table(tmp_path / "t.csv", rows), "text", group="speaker")
    texts = json.loads((dataset.place / "texts.json").read_text(encoding="utf-8"))
    speakers = [{text.rpartition(" ")[2] for text in texts[part]} for part in ("train", "val", "test")]
    assert sum(map(len, speakers)) == 15 and all(speakers)


@pytest.mark.parametrize("given", [("train", "val", "test"), ("train", "test")])
def test_a_group_that_the_given_parts_divide_is_refused(tmp_path, given):
    rows = [["text", "label", "split", "speaker"]]
    rows += [[f"{p} {a} {i}", a, p, f"{p}{i % 5}" if i else ""] for p in given for a in "xy" for i in range(8)]
    read(table(tmp_path / "t.csv", rows), "text", split="split", group="speaker")
    rows[2][3] = f"{given[-1]}1"
    said = f"1 of {5 * len(given)} groups are in more than one of the parts .* such as 'test1' in train and test: give"
    with pytest.raises(ValueError, match=said):
        read(table(tmp_path / "t.csv", rows), "text", split="split", group="speaker")


def test_texts_that_occur_twice_are_called_the_same_and_images_nearly(tmp_path):
    rows = [["text", "label"], *([f"word{i} there", "ab"[i % 2]] for i in range(40)), ["word1 there", "b"]]
    (twice,) = [r for r in read(table(tmp_path / "t.csv", rows), "text").remarks if "earlier" in r]
    assert twice.startswith("1 of 41 examples are the same as an earlier one (")
    folder = pictures(tmp_path / "pets", each=10)
    (folder / "cat" / "again.png").write_bytes((folder / "cat" / "0.png").read_bytes())
    assert any("1 of 21 examples are nearly the same as an earlier one (" in r for r in read(folder, "images").remarks)


def test_signals_and_images_as_arrays(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "s.npz", x=rng.normal(3, 2, (60, 2, 32)), y=np.arange(60) % 3)
    dataset = kept(tmp_path / "s.npz", "arrays")
    assert (dataset.kind, dataset.channels, dataset.size, dataset.class_names()) == ("sequence", 2, 32, ["0", "1", "2"])
    assert np.allclose(dataset.load()["train"].images.std((0, 2)), 1, atol=1e-5)
    np.savez(tmp_path / "i.npz", x=rng.integers(0, 256, (60, 3, 16, 16)), y=np.arange(60) % 3)
    assert kept(tmp_path / "i.npz", "arrays", "Pixels").kind == "image"


def test_sides_and_lengths_can_be_halved_twice(tmp_path):
    assert read(pictures(tmp_path / "odd", side=18), "images").info["size"] == 32
    assert read(table(tmp_path / "t.csv", TEXTS), "text").info["size"] % 4 == 0
    np.savez(tmp_path / "s.npz", x=np.zeros((30, 1, 33)), y=np.arange(30) % 2)
    with pytest.raises(ValueError, match="divisible by 4, since networks halve it twice: cut or pad it"):
        read(tmp_path / "s.npz", "arrays")


def test_shares_hold_class_by_class_and_clusters_stay_whole():
    labels = np.repeat(list("abcde"), [3, 10, 50, 200, 7])
    parts = draw(labels, np.arange(len(labels)), {"train": 0.6, "val": 0.2, "test": 0.2}, 0)
    for name, wanted in zip("abcde", [(1, 1, 1), (6, 2, 2), (30, 10, 10), (120, 40, 40), (4, 2, 1)], strict=True):
        counts = tuple(int((parts[labels == name] == part).sum()) for part in ("train", "val", "test"))
        assert sum(counts) == sum(wanted) and np.abs(np.subtract(counts, wanted)).max() <= 1, name
    clusters = np.arange(270) // 5
    parts = draw(labels, clusters, {"train": 0.6, "val": 0.2, "test": 0.2}, 1)
    assert all(len(set(parts[clusters == c])) == 1 for c in range(54))


def test_a_dataset_trains_in_a_child_process_and_live(tmp_path):
    pytest.importorskip("torch")
    kept(pictures(tmp_path / "pets", each=20), "images")
    live = benchmarks.create("live_topology", "mine", epochs=1)
    (outcome,) = [
        item
        for item in stream(_Evaluation(live))
        if not isinstance(item, object.__class__) and hasattr(item, "metrics")
    ]
    assert 0 <= outcome.metrics["val_acc"] <= 100


class _Evaluation:
    def __init__(self, live):
        self.live = live

    def __call__(self):
        from nas_core.types import Suggestion

        arch = self.live.space.arch(1462)
        yield self.live.evaluate(Suggestion(arch), np.random.default_rng(0))


def test_classes_that_are_left_out_and_ones_that_are_too_small(tmp_path):
    folder = pictures(tmp_path / "pets", classes=("cat", "dog", "newt"))
    for i in range(1, 6):
        (folder / "newt" / f"{i}.png").unlink()
    with pytest.raises(ValueError, match=r"no example of newt \(1\) is in the val part"):
        read(folder, "images")
    assert read(folder, "images", without=("newt",)).info["classes"] == ["cat", "dog"]


def test_on_the_command_line(tmp_path):
    folder = str(pictures(tmp_path / "pets", each=10))
    assert last("import", "images", folder, "--check")["dataset"] is None and own_data.names() == []
    report = last("import", "images", folder, "--name", "My pets", "--size", "12", "--without", "newt")
    assert report["dataset"] == "my_pets" and report["counts"]["val"] == {"cat": 2, "dog": 2}
    assert "12 × 12" in last("data", "list")["datasets"][0]["about"]
    assert "my_pets" in last("list", "datasets")["names"]
    assert last("data", "rename", "my_pets", "Two pets") == {"renamed": "my_pets"}
    assert last("data", "delete", "my_pets") == {"deleted": "my_pets"} and own_data.names() == []
    assert "my_pets is back" in call("data", "restore", "my_pets").stdout
    assert "Two pets" in call("data", "list").stdout
    assert "there is no dataset 'nope' of your own; there are: my_pets" in refused(2, "data", "delete", "nope")
    assert "pets must hold train.csv and perhaps val.csv and test.csv" in refused(2, "import", "text", folder)
