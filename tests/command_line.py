"""Calls the command line in this process."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from nas_core.cli import commands


def call(*args: object) -> Result:
    """The exit status and output of one command."""
    return CliRunner().invoke(commands, [str(a) for a in args])


def last(*args: object) -> dict[str, Any]:
    """The last line of `--json`, of a command that must succeed."""
    result = call(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def refused(status: int, *args: object) -> str:
    """The one sentence that a failing command says; never a traceback, and nothing on standard output."""
    result = call(*args)
    lines = result.stderr.splitlines()
    assert (result.exit_code, len(lines), result.stdout) == (status, 1, ""), result.output
    assert lines[0].startswith("Error: ")
    return lines[0]
