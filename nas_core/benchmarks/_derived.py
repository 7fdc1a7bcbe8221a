"""The benchmarks that every space has: real training, where it builds networks, and tables of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache
from types import MappingProxyType
from typing import Any

from nas_core import plugins
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.live import LiveTraining
from nas_core.benchmarks.tables.own import OwnTable
from nas_core.sources import live
from nas_core.spaces import SearchSpace


def derived() -> dict[str, type[Benchmark]]:
    """{name: class} for the spaces that there are now."""
    return {plugin.name: plugin for space in plugins.find(SearchSpace).values() for plugin in _of(space)}


@cache
def _of(plugin: Any) -> list[type[Benchmark]]:
    space, title = plugin(), plugin.title()
    recipe = live.recipe(f"pocket_{space.name}")
    how = "by the recipe of the embedded table" if recipe else "by a recipe that fits the data"
    sentence = (
        f"Trains each {space.noun} of the {title} space for real, {how}; a search takes as long as its trainings."
    )
    own = f"Your own numbers for the {title} space, from a CSV or Parquet file; import them on the Data page."
    out = [_subclass(OwnTable, f"own_{space.name}", own, space)] if space.exhaustive else []
    if space.kinds:
        searched = recipe.make_space() if recipe else space
        out.append(_subclass(LiveTraining, f"live_{space.name}", sentence, searched, _parameters(searched)))
    return out


def _parameters(space: SearchSpace) -> dict[str, Any]:
    """The parameters of the space as those of a class whose default is this one."""
    own = {f.name: field(default=getattr(space, f.name), metadata=f.metadata) for f in plugins.params(type(space))}
    return {"__annotations__": {name: type(of.default) for name, of in own.items()}, **own}


def _subclass(
    base: type[Benchmark], name: str, doc: str, space: SearchSpace, more: Mapping[str, Any] = MappingProxyType({})
) -> type[Benchmark]:
    return type(name, (base,), {**more, "__doc__": doc, "__module__": __name__, "name": name, "space": space})


def __getattr__(name: str) -> type[Benchmark]:
    """The class of that name: this is how an instance of it is unpickled in another process."""
    if not name.startswith("_") and name in (plugins := derived()):
        return plugins[name]
    raise AttributeError(f"{__name__} has no {name}")
