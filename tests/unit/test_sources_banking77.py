"""Banking77 comes to this machine as it was published, or not at all, and becomes tokens without a look at the test."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter

import numpy as np
import pytest

from nas_core import datasets
from nas_core.sources import banking77, download, files
from tests.command_line import call, refused
from tests.conftest import SHARED
from tests.loopback import serving

PUBLISHED = SHARED / "text" / "banking77"


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Hands out the published files under their pinned paths; yields (address, paths asked for)."""
    root = tmp_path / "server"
    for file in banking77.FILES:
        target = root / file.repository / file.commit / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PUBLISHED / target.name, target)
    monkeypatch.setattr(download, "RETRIES", 0)
    with serving(root) as answer:
        yield answer


def _made(**params):
    return datasets.create("banking77", **files.params("banking77"), **params)


@pytest.mark.shared
def test_the_command_fetches_once_and_the_counts_are_the_published_ones(server):
    address, asked = server
    assert "python -m nas_core fetch banking77" in _made().missing()
    with pytest.raises(FileNotFoundError, match="python -m nas_core fetch banking77"):
        _made().load()
    for _ in range(2):
        said = json.loads(call("fetch", "banking77", "--from", address, "--json").stdout.splitlines()[-1])
    assert said == {"fetched": "banking77", "file": str(banking77.place())} and len(asked) == 3
    data = _made()
    splits = data.load()
    assert len(splits["train"]) + len(splits["val"]) == 10_003 and len(splits["test"]) == 3_080
    assert len(data.class_names()) == data.classes == len(np.unique(splits["train"].labels)) == 77
    assert set(np.bincount(splits["test"].labels)) == {40}


@pytest.mark.shared
def test_a_copy_is_imported_and_a_changed_one_is_not(tmp_path):
    call("import", "banking77", PUBLISHED)
    assert _made().missing() == ""
    shutil.rmtree(banking77.place())
    changed = tmp_path / "changed"
    shutil.copytree(PUBLISHED, changed, copy_function=shutil.copyfile)
    changed.chmod(0o755)
    (changed / "test.csv").write_text("text,category\nGive me money,card_arrival\n")
    assert "is not the published test.csv of Banking77" in refused(1, "import", "banking77", changed)
    assert "cannot be read" in refused(1, "import", "banking77", tmp_path / "nowhere")
    assert _made().missing()


@pytest.fixture
def here():
    list(banking77.take(PUBLISHED))


@pytest.mark.shared
def test_words_come_from_the_training_questions_alone(here):
    data = _made(words=200)
    splits, texts = data.load(), data.texts()
    words = {name: [re.findall(r"[\w']+", text.lower()) for text in some] for name, some in texts.items()}
    often = Counter(word for text in words["train"] for word in text)
    known = sorted(often, key=lambda word: (-often[word], word))[:198]
    for name, split in splits.items():
        assert split.images.shape == (len(texts[name]), 12) and split.images.max() <= 199
        for row in range(0, len(split), 97):
            numbers = [known.index(w) + 2 if w in known else 1 for w in words[name][row][:12]]
            assert split.images[row].tolist() == numbers + [0] * (12 - len(numbers))
    assert (splits["train"].images == 199).any() and not set(map(tuple, words["train"])) & set(map(tuple, words["val"]))


@pytest.mark.shared
def test_a_quarter_of_every_intent_validates_and_the_choice_is_for_ever(here):
    splits = _made().load()
    train, val = (np.bincount(splits[name].labels, minlength=77) for name in ("train", "val"))
    assert np.abs(val / (train + val) - 0.25).max() < 0.04
    assert [len(splits[name]) for name in splits] == [7486, 2517, 3080]
    datasets.banking77._load.cache_clear()
    again, other = _made().load(), _made(seed=1).load()
    assert all(np.array_equal(splits[name].images, again[name].images) for name in splits)
    assert not np.array_equal(splits["val"].images[:9], other["val"].images[:9])
