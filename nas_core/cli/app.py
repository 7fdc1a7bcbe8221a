"""`app`: the app in a browser, from the checkout or from the installed package."""

from __future__ import annotations

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from nas_core.places import app_dir


def script() -> Path:
    """The home page."""
    return app_dir() / "app.py"


@click.command("app", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Where it answers.")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(port: int, options: tuple[str, ...]) -> None:
    """Start the app and open it in a browser. OPTIONS are passed on to Streamlit, such as --server.headless true."""
    if find_spec("streamlit") is None:
        raise RuntimeError("the app needs Streamlit; install it with: python -m pip install streamlit")
    sys.argv = ["streamlit", "run", str(script()), "--server.port", str(port), *options]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)  # in this process: ending it ends the app
