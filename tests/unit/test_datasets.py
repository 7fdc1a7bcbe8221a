"""Datasets: what every plugin promises, and that no digit of the cluttered task is in two splits."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from nas_core import datasets, plugins
from nas_core.datasets import KINDS, Dataset, cluttered_digits
from nas_core.sources import banking77, files, pocket_topology
from tests.conftest import SHARED

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("scipy", reason="SciPy is not installed")

SPLITS = ("train", "val", "test")


@pytest.fixture(params=sorted(plugins.find(Dataset)))
def dataset(request):
    if request.param == "banking77" and (SHARED / "text").is_dir():
        list(banking77.take(SHARED / "text" / "banking77"))
    made = datasets.create(request.param, **files.params(request.param))
    if made.missing():
        pytest.skip(made.missing())
    return made


def test_every_dataset_of_tokens_gives_numbers_below_its_channels(dataset):
    assert dataset.kind in KINDS
    if dataset.kind != "tokens":
        pytest.skip(f"{dataset.name} holds inputs of another kind")
    loaded = dataset.load()
    assert tuple(loaded) == SPLITS
    for split in loaded.values():
        assert split.images.dtype == split.labels.dtype == np.int64
        assert split.images.ndim == 2 and len(split.images) == len(split)
        assert split.images.min() >= 0 and split.images.max() < dataset.channels
    assert split.images.shape[1] == loaded["train"].images.shape[1]


def test_every_dataset_of_images_gives_standardised_images_and_labels(dataset):
    if dataset.kind != "image":
        pytest.skip(f"{dataset.name} holds inputs of another kind")
    loaded = dataset.load()
    assert tuple(loaded) == SPLITS
    shape = loaded["train"].images.shape[1:]
    assert shape[0] == dataset.channels and shape[1] == shape[2]
    for split in loaded.values():
        assert split.images.dtype == np.float32 and split.labels.dtype == np.int64
        assert split.images.shape == (len(split), *shape)
        assert np.isfinite(split.images).all()
    assert abs(loaded["train"].images.mean()) < 1e-3
    assert loaded["train"].images.std() == pytest.approx(1.0, abs=1e-3)


def test_every_dataset_has_all_classes_about_equally_often(dataset):
    for split in dataset.load().values():
        shares = np.bincount(split.labels, minlength=dataset.classes) / len(split)
        assert len(shares) == dataset.classes
        if dataset.kind == "image":  # of intents, some are asked for much more often than others
            assert shares.min() > 0.5 / dataset.classes and shares.max() < 2 / dataset.classes
        assert shares.min() > 0


def test_every_dataset_names_its_source_and_licence(dataset):
    assert len(dataset.source) > 20


def test_every_dataset_says_how_many_it_gives_and_gives_read_only_arrays(dataset):
    loaded = dataset.load()
    assert dataset.examples == {name: len(split) for name, split in loaded.items()}
    for split in loaded.values():
        assert not split.images.flags.writeable and not split.labels.flags.writeable


SMALL = dict(train=200, held_out=100, fragments=3, noise=0.1)


def _fresh(**params):
    """The dataset made anew, not taken from memory."""
    cluttered_digits._load.cache_clear()
    return datasets.create("cluttered_digits", **{**SMALL, **params}).load()


def test_the_same_parameters_give_the_same_images():
    one, other = _fresh(seed=5), _fresh(seed=5)
    for name in SPLITS:
        assert np.array_equal(one[name].images, other[name].images)
        assert np.array_equal(one[name].labels, other[name].labels)
    assert not np.array_equal(one["train"].images, _fresh(seed=6)["train"].images)


@pytest.mark.parametrize("size", [10, 12, 16, 31])
def test_the_canvas_has_the_size_asked_for(size):
    loaded = _fresh(size=size)
    assert loaded["train"].images.shape == (200, 1, size, size)
    assert [len(loaded[name]) for name in SPLITS] == [200, 100, 100]


@pytest.fixture
def digits(monkeypatch):
    """Lets a test say what scikit-learn's 1,797 digits are, without leaving them in memory for the next."""
    import sklearn.datasets

    def give(images, labels):
        monkeypatch.setattr(sklearn.datasets, "load_digits", lambda return_X_y: (images, labels))

    yield give
    cluttered_digits._load.cache_clear()


def _base_digits(give):
    """{split: the numbers of the digits that its images show}; every digit is labelled with its own number."""
    give(np.full((1797, 64), 16.0), np.arange(1797))
    return {name: set(split.labels.tolist()) for name, split in _fresh(train=3000, held_out=1000, noise=0.0).items()}


def test_no_digit_is_in_two_splits(digits):
    shown = _base_digits(digits)
    assert [len(shown[name]) for name in SPLITS] == [1078, 359, 360]  # 60, 20 and 20 % of 1,797
    assert not (shown["train"] & shown["val"] or shown["train"] & shown["test"] or shown["val"] & shown["test"])


@pytest.mark.parametrize("brightness", [(4.0, 8.0, 12.0), (12.0, 8.0, 4.0)])
def test_no_fragment_comes_from_another_split(digits, brightness):
    """Every digit of a split is equally bright, so a brighter fragment in an image would be a stranger."""
    images = np.zeros((1797, 64))
    for ids, value in zip(_base_digits(digits).values(), brightness, strict=True):
        images[list(ids)] = value
    digits(images, np.zeros(1797, int))
    loaded = _fresh(train=500, held_out=300, fragments=8, noise=0.0)
    dark = min(split.images.min() for split in loaded.values())
    brightest = [split.images.max((1, 2, 3)) - dark for split in loaded.values()]
    unit = brightest[0][0] / brightness[0]
    for found, value in zip(brightest, brightness, strict=True):
        assert found == pytest.approx(value * unit, rel=1e-4)


def test_an_image_shows_its_digit_and_clutter():
    clean, cluttered = (_fresh(fragments=n, noise=0.0, size=24)["train"].images for n in (0, 8))
    lit = [float((images > images.min() + 1e-3).mean()) for images in (clean, cluttered)]
    assert 0.02 < lit[0] < (8 * 1.25 * 2**0.5 / 24) ** 2  # at most the turned, scaled 8×8 square
    assert lit[1] > 1.3 * lit[0]


def test_a_later_version_trains_on_the_same_images_and_holds_out_more():
    params = pocket_topology.RECIPE.dataset_params
    first = datasets.create("cluttered_digits", **params).load()
    second = pocket_topology.SECOND_POCKET.recipe.load()
    assert [len(second[name]) for name in SPLITS] == [6144, 8192, 8192]
    assert np.array_equal(first["train"].images, second["train"].images)
    assert np.array_equal(first["train"].labels, second["train"].labels)
    names = ("cluttered_digits_2", "cluttered_digits", "banking77", "no plugin")
    assert [datasets.original(name) for name in names] == ["cluttered_digits", *names[1:]]


@pytest.mark.parametrize(
    "params, message",
    [
        (dict(size=5), "size must be between 10 and 64; it is 5"),
        (dict(train=10), "train must be between 64 and 65536; it is 10"),
        (dict(colour=3), "has no parameter 'colour'; it takes: size, fragments, noise, train, held_out, seed"),
    ],
)
def test_impossible_parameters_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        datasets.create("cluttered_digits", **params)


def test_datasets_are_called_what_people_call_them():
    assert [datasets.title(name) for name in ("cifar10", "cluttered_digits")] == ["CIFAR-10", "cluttered digits"]
    assert [datasets.title(name) for name in ("ImageNet16-120", "my cells")] == ["ImageNet16-120", "my cells"]


def test_the_preprocessing_that_a_dataset_declares_is_what_load_does(dataset):
    declared, loaded = dataset.preprocessing(), dataset.load()
    json.dumps(declared)
    assert declared["kind"] == dataset.kind and len(set(dataset.class_names())) == dataset.classes
    if dataset.kind == "image":
        assert (declared["size"], declared["channels"]) == (dataset.size, dataset.channels)
        assert len(declared["mean"]) == len(declared["std"]) == dataset.channels
        return
    texts = dataset.texts()["test"][:50]
    for text, row in zip(texts, loaded["test"].images, strict=False):
        words = re.findall(declared["pattern"], text.lower())[: declared["length"]]
        numbers = [declared["words"].index(word) + 2 if word in declared["words"] else 1 for word in words]
        assert [*numbers, *[0] * (declared["length"] - len(numbers))] == row.tolist()


def test_a_dataset_need_not_say_how_a_file_becomes_an_input():
    class Bare(Dataset):
        """Nothing but what is required."""

        classes, channels, size, source = 3, 1, 4, "made here"

        def load(self):
            return {}

    assert Bare().preprocessing() == {} and Bare().class_names() == ["0", "1", "2"]


def test_black_and_white_of_the_cluttered_task_are_those_of_a_picture():
    """Without noise a scene is black at 0 and a digit white at 1, so its lowest pixel is the one that black becomes."""
    made = datasets.create("cluttered_digits", **{**SMALL, "noise": 0.0})
    declared, images = made.preprocessing(), made.load()["train"].images
    black, white = ((np.float32(v) - np.float32(declared["mean"])) / np.float32(declared["std"]) for v in (0, 1))
    assert images.min() == black and images.max() <= white
