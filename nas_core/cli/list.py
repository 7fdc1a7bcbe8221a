"""`list KIND`: what there is."""

from __future__ import annotations

import importlib
import importlib.util

import click

from nas_core import plugins
from nas_core.cli._output import emit, json_option, table

KINDS = {
    "spaces": "SearchSpace",
    "benchmarks": "Benchmark",
    "datasets": "Dataset",
    "strategies": "Strategy",
    "proxies": "Proxy",
    "predictors": "Predictor",
}  # each is the folder nas_core/<kind> and the base class of its plugins


@click.command("list")
@click.argument("kind", type=click.Choice(list(KINDS)))
@json_option
def command(kind: str, as_json: bool) -> None:
    """List the names that other commands take."""
    found = _find(kind)
    if as_json:
        emit({"names": list(found)})
    elif found:
        table(("name", "what it is"), [(name, plugin.summary()) for name, plugin in found.items()])
    else:
        click.echo(f"There are no {kind} yet.")


def _find(kind: str) -> dict[str, type[plugins.Plugin]]:
    package = f"nas_core.{kind}"
    if importlib.util.find_spec(package) is None:
        return {}
    base = getattr(importlib.import_module(package), KINDS[kind], None)
    return plugins.find(package, base) if base else {}
