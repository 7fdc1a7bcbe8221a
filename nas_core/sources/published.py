"""Tables that others published in one file each: fetched, or taken from a copy that is here, checked and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path

from nas_core.sources import hw_nas_bench_360, nas_bench_macro, nats
from nas_core.sources.download import Progress, SourceError
from nas_core.sources.nats import TableRecipe

RECIPES = {
    "nas_bench_macro": TableRecipe(
        "nas_bench_macro", "macro", (nas_bench_macro.FILE,), nas_bench_macro.build, nas_bench_macro.PROVENANCE
    ),
    "hw_nas_bench_360": TableRecipe(
        "hw_nas_bench_360", "topology", (hw_nas_bench_360.FILE,), hw_nas_bench_360.build, hw_nas_bench_360.PROVENANCE
    ),
}


def fetch(name: str, mirror: str = "") -> Generator[Progress]:
    """Download the file, check it and save the table; SourceError in one sentence if it fails.

    mirror: scheme and host that serve the pinned path instead of GitHub; ValueError if it is not a web address.
    """
    return nats.fetch(mirror, [RECIPES[name]])


def take(name: str, source: Path) -> Generator[Progress]:
    """Make the table from the file `source`, or from the one that lies in the folder; SourceError if it is another."""
    recipe = RECIPES[name]
    (file,) = recipe.files
    path = source / Path(file.path).name if source.is_dir() else source
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    if digest != file.sha256:
        raise SourceError(f"{path} is not the published {Path(file.path).name}: its checksum is wrong")
    yield from nats.merge([recipe], lambda _: path)
