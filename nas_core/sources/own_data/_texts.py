"""Texts: CSV, JSON lines or Parquet with a column of texts and one of labels."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nas_core.sources.own_data._items import PART_NAMES, Items, Options
from nas_core.sources.own_data._records import is_table, records

PATTERN = r"[\w']+"
PADDING, UNKNOWN = 0, 1  # tokens that are not words
SHORTEST, LONGEST = 4, 128  # words that are read, where nobody says how many


def read(path: Path, options: Options) -> Iterator[tuple[int, int] | Items]:
    """The texts, as they are. ValueError in one sentence if none can be used.

    A folder may hold a file for each part: train.csv, test.csv, and perhaps val.csv.
    """
    items = Items([])
    for file, part in _files(path):
        for record in records(file, options, "text", items, part):
            text = record.value
            if not isinstance(text, str) or not (words := words_of(text)):
                items.leave_out(record.name, "it has no words" if isinstance(text, str) else "it has no text")
                continue
            if "\0" in text:
                items.leave_out(record.name, "it has a character NUL, so it is not text")
                continue
            items.inputs.append(text)
            key = hashlib.sha256(" ".join(words).encode("utf-8", "surrogatepass")).digest()
            items.add(record.name, record.label, record.part, record.group, key)
    yield items


def encode(texts: Sequence[str], train: np.ndarray, options: Options) -> tuple[np.ndarray, dict[str, Any]]:
    """(int32[n, length] token numbers, how they came about): words are those most frequent in the texts of `train`."""
    words = [words_of(text) for text in texts]
    lengths = np.array([len(w) for w in words])[train]
    length = options.length or 4 * math.ceil(np.clip(np.quantile(lengths, 0.95), SHORTEST, LONGEST) / 4)
    often = Counter(word for i in np.flatnonzero(train) for word in words[i])
    vocabulary = sorted(often, key=lambda word: (-often[word], word))[: options.words - UNKNOWN - 1]
    number = {word: i for i, word in enumerate(vocabulary, UNKNOWN + 1)}
    tokens = np.full((len(texts), length), PADDING, np.int32)
    for row, own in zip(tokens, words, strict=True):
        row[: len(own[:length])] = [number.get(word, UNKNOWN) for word in own[:length]]
    return tokens, {"kind": "tokens", "length": length, "pattern": PATTERN, "words": vocabulary}


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return re.findall(PATTERN, text.lower())


def _files(path: Path) -> list[tuple[Path, str]]:
    """(file, its part by its name or ""): one, or those of a folder."""
    if not path.is_dir():
        if not is_table(path.name):
            raise ValueError(f"{path.name} is not CSV, JSON lines or Parquet (.csv, .tsv, .jsonl, .parquet)")
        return [(path, "")]
    files = [f for f in sorted(path.iterdir()) if f.is_file() and is_table(f.name)]
    parts = [(f, PART_NAMES[f.stem.lower()]) for f in files if f.stem.lower() in PART_NAMES]
    if not any(part == "train" for _, part in parts):
        there = ", ".join(f.name for f in files[:5]) or "no table"
        raise ValueError(
            f"the folder {path.name} must hold train.csv and perhaps val.csv and test.csv; it holds {there}"
        )
    return parts
