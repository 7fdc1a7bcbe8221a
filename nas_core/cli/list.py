"""`list KIND`: what there is."""

from __future__ import annotations

import click

from nas_core import plugins
from nas_core.benchmarks import Benchmark
from nas_core.cli._output import emit, json_option, table
from nas_core.datasets import Dataset
from nas_core.predictors import Predictor
from nas_core.proxies import Proxy
from nas_core.spaces import SearchSpace
from nas_core.strategies import Strategy

KINDS: dict[str, type[plugins.Plugin]] = {
    "spaces": SearchSpace,
    "benchmarks": Benchmark,
    "datasets": Dataset,
    "strategies": Strategy,
    "proxies": Proxy,
    "predictors": Predictor,
}


@click.command("list")
@click.argument("kind", type=click.Choice(list(KINDS)))
@json_option
def command(kind: str, as_json: bool) -> None:
    """List the names that other commands take."""
    classes = plugins.find(KINDS[kind])
    aliases = {name: list(plugin.aliases) for name, plugin in classes.items() if plugin.aliases}
    if as_json:
        emit({"names": list(classes)} | ({"aliases": aliases} if aliases else {}))
    elif aliases:
        rows = [(name, ", ".join(plugin.aliases), plugin.summary()) for name, plugin in classes.items()]
        table(("name", "also called", "what it is"), rows)
    elif classes:
        table(("name", "what it is"), [(name, plugin.summary()) for name, plugin in classes.items()])
    else:
        click.echo(f"There are no {kind} yet.")
    for fault in plugins.faults(KINDS[kind]).values():
        click.echo(fault, err=True)
