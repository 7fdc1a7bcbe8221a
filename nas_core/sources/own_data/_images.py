"""Images: a folder or a zip archive with a folder for each class, or a Parquet file as Hugging Face writes it."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from nas_core.sources.own_data._entries import entries
from nas_core.sources.own_data._items import MOST_KEPT, PART_NAMES, Items, Options
from nas_core.sources.own_data._records import is_table, records

MOST_PIXELS = 50_000_000  # of an image as it is given
USUAL, LARGEST_AS_IS = 32, 64  # pixels a side: what is taken, and up to which equal squares stay as they are
THUMB, NEAR, ALIKE, MOST_PAIRS = 16, 4, 0.04, 2_000_000  # see `_alike`
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")


@dataclass(frozen=True)
class Source:
    """An image that has not been opened: what it is called, and how to get its bytes."""

    name: str
    label: str
    part: str
    group: str
    read: Callable[[], bytes]


def read(path: Path, options: Options) -> Iterator[tuple[int, int] | Items]:
    """The images; before them (how many were read, of how many). ValueError in one sentence if none can be used."""
    with ExitStack() as stack:
        yield from _read(path, options, stack)


def _read(path: Path, options: Options, stack: ExitStack) -> Iterator[tuple[int, int] | Items]:
    items = Items(None)
    records = _of_table(path, options, items) if is_table(path.name) else _of_files(path, options, items, stack)
    sources = list(records)
    shapes, grey = _look(sources)
    size = options.size or _size(shapes)
    mode = {"grey": "L", "colour": "RGB"}.get(options.colour) or ("L" if grey else "RGB")
    channels = 1 if mode == "L" else 3
    if (total := len(sources) * channels * size * size) > MOST_KEPT:
        raise ValueError(
            f"{len(sources):,} images of {channels} × {size} × {size} take {total / 1e6:,.0f} MB; at most "
            f"{MOST_KEPT / 1e6:,.0f} MB are kept: choose smaller images or fewer of them"
        )
    images = np.empty((len(sources), channels, size, size), np.uint8)
    thumbs = np.empty((len(sources), THUMB, THUMB), np.uint8)
    flat: list[str] = []
    for count, source in enumerate(sources, 1):
        try:
            image = pixels(source.read(), size, mode)
        except ValueError as error:
            items.leave_out(source.name, str(error))
            continue
        if image.min() == image.max():
            flat.append(source.name)
        images[len(items)], thumbs[len(items)] = image, _thumb(image)
        items.add(source.name, source.label, source.part, source.group, b"")
        if count % 200 == 0:
            yield count, len(sources)
    items.inputs = images[: len(items)]
    if len(items):
        items.keys = _alike(items.inputs, thumbs[: len(items)])
    _remark(items, shapes, size, flat)
    yield items


def pixels(content: bytes, size: int, mode: str) -> np.ndarray:
    """uint8[channels, size, size] of an image file: its middle, scaled. ValueError in words if it is not an image."""
    from PIL import Image, ImageOps

    with _open(content) as image:
        try:
            image.draft(mode, (size, size))  # of a JPEG, no more than is needed
            upright = ImageOps.exif_transpose(image)
            scaled = ImageOps.fit(upright.convert(mode), (size, size), Image.Resampling.BICUBIC)
        except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, EOFError, MemoryError) as error:
            raise ValueError(f"it is damaged ({str(error)[:100] or type(error).__name__})") from None
    values = np.asarray(scaled, np.uint8)
    return values[None] if mode == "L" else np.ascontiguousarray(values.transpose(2, 0, 1))


def _open(content: bytes) -> Any:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and an error
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, ArithmeticError, LookupError, EOFError):
        raise ValueError(f"it is not an image of a known kind ({', '.join(FORMATS)})") from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise ValueError(f"it has {width:,} × {height:,} pixels; at most {MOST_PIXELS:,} are read")
    return image


def _look(sources: list[Source]) -> tuple[Counter[tuple[int, int]], bool]:
    """({(width, height): how many}, whether all are grey) of up to 500 of them, spread evenly."""
    shapes: Counter[tuple[int, int]] = Counter()
    grey, why = True, ""
    for source in sources[:: max(1, len(sources) // 500)]:
        try:
            with _open(source.read()) as image:
                shapes[image.size] += 1
                grey &= image.mode in ("1", "L", "LA", "I", "I;16", "F")
        except ValueError as error:  # left out, with its reason, when it is read
            why = why or f"{source.name}: {error}"
    if not shapes:
        raise ValueError(f"no image can be read; {why}" if why else "there is no image in a folder of its class")
    return shapes, grey


def _size(shapes: Counter[tuple[int, int]]) -> int:
    (width, height), *others = shapes
    as_is = not others and width == height and width in range(8, LARGEST_AS_IS + 1, 4)
    return width if as_is else USUAL


def _thumb(image: np.ndarray) -> np.ndarray:
    """uint8[16, 16]: the image in grey, for `_alike`."""
    from PIL import Image

    grey = Image.fromarray(image.mean(0).round().astype(np.uint8))
    return np.asarray(
        grey.resize((THUMB, THUMB), Image.Resampling.BOX if grey.width > THUMB else Image.Resampling.BILINEAR)
    )


def _alike(images: np.ndarray, thumbs: np.ndarray) -> list[bytes]:
    """A key for each image, equal for the same ones and for those that are nearly the same, directly or through others.

    Nearly the same: the thumbs differ by at most `ALIKE` of their contrast, and no sixteenth of them by `NEAR` levels.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in images], dtype=object)
    _, first, same = np.unique(digests, return_index=True, return_inverse=True)
    grey = thumbs[first].astype(np.float32)
    n, step = len(grey), THUMB // 4
    coarse = cKDTree(grey.reshape(n, 4, step, 4, step).mean((2, 4)).reshape(n, 16))
    if coarse.count_neighbors(coarse, NEAR, p=np.inf) > MOST_PAIRS:
        return [b"%d" % i for i in same]  # too much alike to be compared: only the same ones
    left, right = coarse.query_pairs(NEAR, p=np.inf, output_type="ndarray").T
    contrast = grey.std((1, 2))
    near = np.abs(grey[left] - grey[right]).mean((1, 2)) <= ALIKE * (contrast[left] + contrast[right]) / 2
    edges = coo_array((np.ones(near.sum(), bool), (left[near], right[near])), (n, n))
    return [b"%d" % i for i in connected_components(edges, directed=False)[1][same]]


def _remark(items: Items, shapes: Counter[tuple[int, int]], size: int, flat: list[str]) -> None:
    if flat:
        items.remarks.append(f"{len(flat):,} images have one colour only (such as {flat[0]})")
    oblong = sum(count for (width, height), count in shapes.items() if width != height)
    if oblong:
        items.remarks.append(
            f"{oblong:,} of {shapes.total():,} images looked at are not square; of them the middle is kept"
        )
    if small := sum(count for shape, count in shapes.items() if min(shape) < size):
        items.remarks.append(
            f"{small:,} of {shapes.total():,} images looked at are smaller than {size} pixels, and enlarged"
        )


def _of_files(path: Path, options: Options, items: Items, stack: ExitStack) -> Iterator[Source]:
    """The files of a folder or an archive, by the names of their folders: class/…, or train/class/… and so on."""
    files = list(entries(path, stack))
    top = {e.path.parts[0] for e in files}
    depth = 1 if len(top) == 1 and any(len(e.path.parts) > 2 for e in files) and not _parts_named(top) else 0
    parts = _parts_named({e.path.parts[depth] for e in files if len(e.path.parts) > depth + 1})
    for entry in files:
        folders, name = entry.path.parts[depth:-1], str(entry.path)
        part = PART_NAMES.get(folders[0].lower(), "") if parts and folders else ""
        folders = folders[1:] if part else folders
        if len(folders) != 1:
            where = "in no folder of a class" if not folders else "in a folder within that of a class"
            items.leave_out(name, f"it is {where}")
        elif parts and not part:
            items.leave_out(name, "it is beside the folders of the parts")
        elif folders[0] not in options.without:
            yield Source(name, folders[0], part, "", entry.read)


def _parts_named(folders: set[str]) -> bool:
    """Whether folders are parts and not classes: train and test, and perhaps val."""
    parts = {PART_NAMES[f.lower()] for f in folders if f.lower() in PART_NAMES}
    return {"train", "test"} <= parts or {"train", "val"} <= parts


def _of_table(path: Path, options: Options, items: Items) -> Iterator[Source]:
    """The rows of a Parquet file with a column of images: their bytes, or {"bytes": …, "path": …}."""
    for record in records(path, options, "image", items):
        value = record.value
        content = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(content, bytes):
            items.leave_out(record.name, "its image is not the bytes of a file")
            continue
        file_name = PurePosixPath(str(value.get("path") or "")).name if isinstance(value, dict) else ""
        name = f"{record.name} ({file_name})" if file_name else record.name
        yield Source(name, record.label, record.part, record.group, partial(bytes, content))
