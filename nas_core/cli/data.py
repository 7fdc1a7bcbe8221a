"""`data`: the datasets of one's own: listed, renamed, deleted, brought back."""

from __future__ import annotations

import click

from nas_core import datasets
from nas_core.cli._output import emit, json_option, say, table
from nas_core.sources import own_data

dataset = click.argument("dataset")


@click.group("data")
def command() -> None:
    """Manage your own datasets; `import images`, `import text` and `import arrays` make them.

    Each of these takes --json.
    """


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List your own datasets."""
    own = {name: datasets.create(name) for name in own_data.names()}
    if as_json:
        about = [{"name": n, "title": d.title(), "about": d.summary(), "source": d.source} for n, d in own.items()]
        emit({"datasets": about})
    elif own:
        table(("name", "title", "what it is"), [(n, d.title(), d.summary()) for n, d in own.items()])
    else:
        click.echo("There are no datasets of your own yet; make one with: import images PATH")


@command.command("rename")
@dataset
@click.argument("title")
@json_option
def rename(dataset: str, title: str, as_json: bool) -> None:
    """Give DATASET another TITLE; its name in commands and links stays."""
    own_data.rename(dataset, title)
    say(f"{dataset} is now called {title.strip()}", {"renamed": dataset}, as_json)


@command.command("delete")
@dataset
@json_option
def delete(dataset: str, as_json: bool) -> None:
    """Delete DATASET; `restore` brings it back until another of that name is deleted."""
    own_data.delete(dataset)
    say(f"deleted {dataset}; to bring it back: data restore {dataset}", {"deleted": dataset}, as_json)


@command.command("restore")
@dataset
@json_option
def restore(dataset: str, as_json: bool) -> None:
    """Bring a deleted DATASET back."""
    own_data.restore(dataset)
    say(f"{dataset} is back", {"restored": dataset}, as_json)
