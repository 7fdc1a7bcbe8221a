"""Banking77: questions that customers ask a bank, by what they want (Casanueva et al. 2020, arXiv:2003.04807)."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nas_core.datasets import Dataset, Split
from nas_core.plugins import param

FILES = ("train.csv", "test.csv", "categories.json")
PADDING, UNKNOWN = 0, 1  # tokens that are not words
PATTERN = r"[\w']+"  # of a word


class Banking77(Dataset):
    """13,083 questions to a bank and 77 things that customers want; a part of the 10,003 for training validates."""

    label = "Banking77"
    kind = "tokens"
    classes = 77
    source = "Banking77, I. Casanueva et al., Efficient Intent Detection with Dual Sentence Encoders, 2020, CC BY 4.0"

    folder: str = param("datasets", "the folder of its files, as `fetch` or `import` of the command line leaves them")
    words: int = param(1024, "different tokens: the most frequent words, one for others, one for padding", low=3)
    length: int = param(12, "words of a question that are read; a shorter one is padded", low=4, high=128)
    val_share: float = param(0.25, "share of each intent's training questions for validation", low=0.05, high=0.9)
    seed: int = param(0, "seed of the choice of validation questions (not of any training)", low=0)

    @property
    def channels(self) -> int:
        """How many different tokens there are."""
        return self.words

    @property
    def size(self) -> int:
        """Words of a question that are read."""
        return self.length

    def missing(self) -> str:
        if all((self._files / name).is_file() for name in FILES):
            return ""
        return (
            f"Banking77 is not on this machine: {self._files} does not hold {', '.join(FILES)}. Get it on the page "
            f"Data or with: python -m nas_core fetch {self.name}; or take other data"
        )

    @property
    def examples(self) -> dict[str, int]:
        return {name: len(texts) for name, texts in self.texts().items()}

    def load(self) -> dict[str, Split]:
        """Words are lowercased; those numbered are the most frequent of the questions for training alone."""
        if sentence := self.missing():
            raise FileNotFoundError(sentence)
        return _load(self._files, self.words, self.length, self.val_share, self.seed)

    def preprocessing(self) -> dict[str, Any]:
        if sentence := self.missing():
            raise FileNotFoundError(sentence)
        words = _vocabulary(_parts(self._files, self.val_share, self.seed)["train"][0], self.words - UNKNOWN - 1)
        return {"kind": "tokens", "length": self.length, "pattern": PATTERN, "words": words}

    def texts(self) -> dict[str, list[str]]:
        """The questions of each part, in the order of `load`."""
        return {name: texts for name, (texts, _) in _parts(self._files, self.val_share, self.seed).items()}

    def class_names(self) -> list[str]:
        """The 77 intents."""
        return json.loads((self._files / "categories.json").read_text(encoding="utf-8"))

    @property
    def _files(self) -> Path:
        return Path(self.folder) / self.name


@lru_cache(maxsize=4)
def _load(folder: Path, words: int, length: int, val_share: float, seed: int) -> dict[str, Split]:
    parts = _parts(folder, val_share, seed)
    vocabulary = _vocabulary(parts["train"][0], words - UNKNOWN - 1)
    number = {word: i for i, word in enumerate(vocabulary, UNKNOWN + 1)}
    splits = {}
    for name, (texts, labels) in parts.items():
        tokens = np.full((len(texts), length), PADDING, np.int64)
        for row, text in zip(tokens, texts, strict=True):
            numbers = [number.get(word, UNKNOWN) for word in _words(text)[:length]]
            row[: len(numbers)] = numbers
        splits[name] = Split(tokens, labels)
    return splits


def _parts(folder: Path, val_share: float, seed: int) -> dict[str, tuple[list[str], np.ndarray]]:
    """{part: (questions, labels int64[n])}: val is drawn from the file for training, intent by intent.

    Questions of the same words stay together there. The published files share the words of 20 training questions.
    """
    names = json.loads((folder / FILES[2]).read_text(encoding="utf-8"))
    (texts, labels), test = (_read(folder / name, names) for name in FILES[:2])
    rng, wordings, val_wordings = np.random.default_rng(seed), [tuple(_words(text)) for text in texts], set()
    for label in range(len(names)):
        rows = rng.permutation(np.flatnonzero(labels == label))
        val_wordings |= {wordings[row] for row in rows[: round(val_share * len(rows))]}
    val = np.array([wording in val_wordings for wording in wordings])
    parts = {}
    for name, mask in (("train", ~val), ("val", val)):
        parts[name] = [text for text, inside in zip(texts, mask, strict=True) if inside], labels[mask]
    return {**parts, "test": test}


def _read(file: Path, names: Sequence[str]) -> tuple[list[str], np.ndarray]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [row["text"] for row in rows], np.array([names.index(row["category"]) for row in rows], np.int64)


def _words(text: str) -> list[str]:
    return re.findall(PATTERN, text.lower())


def _vocabulary(texts: Iterable[str], count: int) -> list[str]:
    """The `count` most frequent words; of equally frequent ones, the first in the alphabet."""
    often = Counter(word for text in texts for word in _words(text))
    return sorted(often, key=lambda word: (-often[word], word))[:count]
