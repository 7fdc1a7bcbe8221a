"""Arrays: an .npz file with x and y, signals float[n, channels, length] or images [n, channels, size, size]."""

from __future__ import annotations

import hashlib
import math
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nas_core.sources.own_data._items import MOST_ITEMS, MOST_KEPT, Items, Options, label_of, part_of

SHAPES = "signals [n, channels, length] or images [n, channels, size, size] with 1 or 3 channels"


def read(path: Path, options: Options) -> Iterator[tuple[int, int] | Items]:
    """The arrays x and y, and split and group if there are. ValueError in one sentence if they cannot be used."""
    x, y, extra = _load(path, options)
    inputs = _inputs(x, path.name)
    items, keep = Items(None), []
    for i, (row, value) in enumerate(zip(inputs, y.tolist(), strict=True)):
        name = f"row {i}"
        try:
            if row.dtype.kind == "f" and not np.isfinite(row).all():
                raise ValueError("it has a value that is not finite")
            label = label_of(value)
            part = part_of(extra["split"][i]) if "split" in extra else ""
        except ValueError as error:
            items.leave_out(name, str(error))
            continue
        if label in options.without:
            continue
        keep.append(i)
        group = str(extra["group"][i]) if "group" in extra else ""
        items.add(name, label, part, group, hashlib.sha256(row.tobytes()).digest())
    if flat := sum(inputs[i].min() == inputs[i].max() for i in keep):
        items.remarks.append(f"{flat:,} examples have one value only")
    items.inputs = inputs[keep]
    yield items


def _load(path: Path, options: Options) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    x_name, y_name = options.image or "x", options.label or "y"
    required = {x_name, y_name, options.split or "split", options.group or "group"}
    try:
        with zipfile.ZipFile(path) as archive:
            there = [name for name in archive.namelist() if name.removesuffix(".npy") in required]
            sizes = {name.removesuffix(".npy"): _size(archive, name) for name in there}
        for name in (x_name, y_name):
            if name not in sizes:
                raise ValueError(f"{path.name} has no array {name!r}; it must have x (inputs) and y (labels)")
        if sum(sizes.values()) > 2 * MOST_KEPT:
            raise ValueError(
                f"its arrays take {sum(sizes.values()) / 1e6:,.0f} MB; at most {2 * MOST_KEPT / 1e6:,.0f} MB are read"
            )
        with np.load(path, allow_pickle=False) as arrays:
            contents = {name: arrays[name] for name in sizes}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError, RuntimeError):
        raise ValueError(f"{path.name} is not an .npz file, or it is damaged; write it with numpy.savez") from None
    x, y = contents[x_name], contents[y_name]
    extra = {
        role: contents[name] for role in ("split", "group") if (name := getattr(options, role) or role) in contents
    }
    for name, values in {y_name: y, **extra}.items():
        if values.ndim != 1 or len(values) != len(x) or values.dtype.kind not in "iufUSb":
            raise ValueError(
                f"{name} must be one-dimensional and as long as {x_name}, {len(x):,}; its shape is {values.shape}"
            )
    if len(x) > MOST_ITEMS:
        raise ValueError(f"there are {len(x):,} examples; at most {MOST_ITEMS:,} are read")
    return x, y, extra


def _size(archive: zipfile.ZipFile, name: str) -> int:
    """The bytes that an array claims to take, before any of it is read; ValueError for an array of Python objects."""
    with archive.open(name) as file:
        try:
            version = np.lib.format.read_magic(file)  # type: ignore[arg-type]
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)  # type: ignore[arg-type]
        except ValueError as error:
            raise ValueError(f"{name} is not an array of NumPy ({str(error).splitlines()[0][:100]})") from None
    if dtype.hasobject:
        raise ValueError(f"{name.removesuffix('.npy')} holds Python objects, which are not read: they may run code")
    return math.prod(shape) * dtype.itemsize


def _inputs(x: np.ndarray, file: str) -> Any:
    """uint8 images or float32 signals, as they are kept."""

    def check(good: Any, must: str) -> None:
        if not good:
            raise ValueError(f"x of {file} must {must}; it is {x.dtype}{list(x.shape)}")

    check(x.dtype.kind in "iufb" and x.ndim in (3, 4) and x.size, f"be numbers, {SHAPES}")
    check(x.shape[-1] % 4 == 0, "have a length or side divisible by 4, since networks halve it twice: cut or pad it")
    if x.ndim == 3:
        check(1 <= x.shape[1] <= 64 and 8 <= x.shape[2] <= 4096, "have 1 to 64 channels and a length of 8 to 4,096")
        return x.astype(np.float32)
    check(x.shape[1] in (1, 3) and x.shape[2] == x.shape[3], "be square images, [n, 1 or 3, size, size]")
    check(8 <= x.shape[2] <= 256, "have 8 to 256 pixels a side")
    low, high, shares = x.min(), x.max(), x.dtype.kind == "f"
    if low < 0 or high > (1 if shares else 255):
        raise ValueError(f"x of {file} is from {low:g} to {high:g}; whole numbers must be 0 to 255, others 0 to 1")
    return np.rint(x * 255).astype(np.uint8) if shares else x.astype(np.uint8)
