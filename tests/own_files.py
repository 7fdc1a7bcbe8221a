"""Files as somebody brings them: digits as pictures, questions of a bank's customers as a CSV, signals as arrays."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from nas_core import datasets
from nas_core.datasets.own import OwnDataset
from nas_core.sources import own_data
from tests.conftest import SHARED


def digits(folder: Path, each: int = 200) -> Path:
    """A folder of PNG files of 8 × 8 pixels for each of scikit-learn's ten digits, at most so many of each."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    for digit in range(10):
        (folder / str(digit)).mkdir(parents=True)
        for number, row in enumerate(images[labels == digit][:each]):
            picture = np.round(row.reshape(8, 8) * (255 / 16)).astype(np.uint8)
            Image.fromarray(picture).save(folder / str(digit) / f"{number}.png")
    return folder


def questions(folder: Path, intents: int = 4, each: int = 24) -> Path:
    """A CSV of Banking77's first intents, and one of questions with what trips up readers of CSV."""
    with (SHARED / "text" / "banking77" / "train.csv").open(newline="", encoding="utf-8") as published:
        rows = [row for row in csv.reader(published)][1:]
    names = list(dict.fromkeys(name for _, name in rows))[:intents]
    rows = [row for name in names for row in [row for row in rows if row[1] == name][:each]]
    rows += [
        [f'Is it far, {i} miles, to "{city}",\nor isn\'t it?', "way"] for i, city in enumerate(["Rome", "Köln"] * 12)
    ]
    folder.mkdir()
    with (folder / "questions.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text", "category"], *rows])
    return folder / "questions.csv"


def signals(folder: Path) -> Path:
    """Two channels of noise and a slow or a fast wave."""
    folder.mkdir()
    rng, y = np.random.default_rng(0), np.arange(60) % 2
    x = rng.normal(size=(60, 2, 16)) + np.sin(np.arange(16) * (1 + y[:, None, None]))
    np.savez(folder / "signals.npz", x=x.astype(np.float32), y=y)
    return folder / "signals.npz"


def tested(dataset: OwnDataset, folder: Path) -> list[Path]:
    """The test inputs as files of the user, one for all texts."""
    folder.mkdir()
    if dataset.kind == "tokens":
        lines = [" ".join(text.split()) for text in own_data.texts(dataset.place)["test"]]
        (folder / "texts.txt").write_text("\n".join(lines), encoding="utf-8")
        return [folder / "texts.txt"]
    rows, files = dataset.raw("test")[0], list[Path]()
    for i, row in enumerate(rows):
        files.append(folder / f"{i}.{'png' if dataset.kind == 'image' else 'npy' if i else 'csv'}")
        if dataset.kind == "image":
            Image.fromarray(row[0]).save(files[-1])
        elif i:
            np.save(files[-1], row)
        else:
            np.savetxt(files[-1], row, delimiter=",", fmt="%.9g")
    return files


def kept(name: str) -> OwnDataset:
    """The dataset of that name."""
    dataset = datasets.create(name)
    assert isinstance(dataset, OwnDataset)
    return dataset
