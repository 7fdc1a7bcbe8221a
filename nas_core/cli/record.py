"""`record`: the finished results that come with the app, made anew."""

from __future__ import annotations

import click

from nas_core import gallery
from nas_core.studies import recorded


@click.command("record")
@click.option("--answers", is_flag=True, help="Only the answers of the home page, which takes seconds.")
def command(answers: bool) -> None:
    """Make the finished results anew that come with the app.

    They are what the pages Predictors and Why does evolution work? open on, and the answers of the home page. Takes
    some minutes; to be done whenever an embedded table, a predictor or a strategy of these studies changes.
    """
    if not answers:
        for plan in recorded.PLANS:
            click.echo(recorded.record_blocks(plan))
        for study in recorded.PREDICTORS:
            click.echo(recorded.record_scores(study))
    click.echo(gallery.record())
