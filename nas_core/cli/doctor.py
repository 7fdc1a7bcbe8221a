"""`doctor`: what may keep NAS Explorer from working here, and the way out."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import click

from nas_core import doctor
from nas_core.cli._output import emit, json_option, say


@click.command("doctor")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Where the app answers.")
@json_option
def command(port: int, as_json: bool) -> None:
    """Check packages, torch, the data folder, disk, memory, plugins, tables and the port.

    Each line is ok, warning or problem, with the way out. The exit status is 1 if there is a problem.
    """
    counts: Counter[str] = Counter()
    for finding in doctor.findings(port):
        counts[finding.state] += 1
        say(f"{finding.state:<8} {finding.name}: {finding.text}", asdict(finding), as_json)
    if as_json:
        emit({state: counts[state] for state in (doctor.OK, doctor.WARNING, doctor.PROBLEM)})
    if problems := counts[doctor.PROBLEM]:
        raise RuntimeError("1 problem was found, see above" if problems == 1 else f"{problems} problems, see above")
