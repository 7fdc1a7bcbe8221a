"""The compiled part of the fused trainer: found or made by the C++ compiler on first use, and its C structures."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
from ctypes import POINTER, c_int, c_int64, c_void_p
from functools import cache
from pathlib import Path

from nas_core import machine, places
from nas_core.nets import program

LANES = 16  # images in the widest vector; batches are multiples of it
_SOURCES = tuple(Path(__file__).with_name(name) for name in ("run.cpp", "layers.h", "kernels.h"))
_FLAGS = (
    "-O3",
    "-march=native",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-signed-zeros",
    "-shared",
    "-fPIC",
    "-std=c++17",
)


class CLayer(ctypes.Structure):
    """`program.Layer` in C."""

    _fields_ = [(name, c_int) for name in program.Layer._fields]


class CHead(ctypes.Structure):
    """`program.HeadLayer` in C."""

    _fields_ = [(name, c_int) for name in program.HeadLayer._fields]


class CNet(ctypes.Structure):
    """A network with its memory; layers.h says what each field is."""

    _fields_ = [
        ("groups", c_int),
        ("layers", POINTER(CLayer)),
        ("n_layers", c_int),
        ("head", CHead),
        ("offset", POINTER(c_int64)),
        ("value", c_void_p),
        ("grad", c_void_p),
        ("padded", c_void_p),
        ("scratch", c_void_p),
        ("mean", c_void_p),
        ("inv", c_void_p),
        ("parameters", c_void_p),
        ("gradients", c_void_p),
        ("momenta", c_void_p),
        ("n_parameters", c_int64),
        ("running", c_void_p),
        ("n_statistics", c_int64),
        ("tokens", c_int),
    ]


def compiler() -> str | None:
    """The path of a C++ compiler; None if there is none."""
    return shutil.which("g++") or shutil.which("clang++")


@cache
def load() -> ctypes.CDLL:
    """The library with its functions `run` and `lanes`, compiled once for a processor, a compiler and these sources.

    RuntimeError if there is no compiler or if it fails.
    """
    import platformdirs

    if (path := compiler()) is None:
        raise RuntimeError("the fused trainer needs a C++ compiler (g++ or clang++) on the PATH; there is none")
    folder = platformdirs.user_cache_path("nas-explorer", appauthor=False) / "fused"
    target = folder / f"{_digest(path)}.so"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with places.replacing(target) as new:
            command = [path, *_FLAGS, str(_SOURCES[0]), "-o", str(new)]
            process = subprocess.run(command, capture_output=True, text=True, check=False)
            if process.returncode:
                raise RuntimeError(f"the fused trainer does not compile with {path}: {process.stderr.strip()[:500]}")
    library = ctypes.CDLL(str(target))
    library.run.argtypes = [
        POINTER(CNet),
        c_void_p,
        c_void_p,
        c_void_p,
        c_int64,
        c_int64,
        c_void_p,
        ctypes.c_float,
        ctypes.c_float,
        c_void_p,
    ]
    library.run.restype = None
    return library


def _digest(path: str) -> str:
    """Twelve hex digits of all that the compiled code depends on; a home folder may be shared by different machines."""
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    texts = [machine.processor(), version, *_FLAGS, *(source.read_text(encoding="utf-8") for source in _SOURCES)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
