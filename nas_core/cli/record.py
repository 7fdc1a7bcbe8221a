"""`record`: the finished results that come with the app, made anew."""

from __future__ import annotations

import click

from nas_core import gallery
from nas_core.cli._output import json_option, say
from nas_core.studies import recorded
from nas_core.studies.lab import LabPlan
from nas_core.studies.predictor_study import PredictorStudy


@click.command("record")
@click.option("--answers", is_flag=True, help="Only the answers of the home page, which takes seconds.")
@json_option
def command(answers: bool, as_json: bool) -> None:
    """Make the finished results that come with the app anew.

    They are what the pages Predictors and Why does evolution work? open on, and the answers of the home page. Takes
    half an hour; to be done whenever an embedded table, a predictor or a strategy of these studies changes.
    """
    files = []
    if not answers:
        files += [recorded.record_results(plan) for plan in recorded.PLANS if not _report_missing(plan)]
        files += [recorded.record_scores(study) for study in recorded.PREDICTORS if not _report_missing(study)]
    files.append(gallery.record())
    say("\n".join(map(str, files)), {"files": [str(file) for file in files]}, as_json)


def _report_missing(study: PredictorStudy | LabPlan) -> bool:
    """True, and a sentence, if the table of `study` is not here: its old result stays."""
    if sentence := recorded.missing(study):
        click.echo(f"not made anew: {study.benchmark} on {study.dataset}. {sentence}", err=True)
    return bool(sentence)
