"""`python -m nas_core`: the same code without the app."""

from __future__ import annotations

from nas_core.cli import commands

if __name__ == "__main__":
    commands.main(prog_name="python -m nas_core")
