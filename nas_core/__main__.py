"""`python -m nas_core`, or `nas-explorer` where it is installed: the same code without the app."""

from __future__ import annotations

import sys
from pathlib import Path

from nas_core.cli import commands


def main() -> None:
    """Run the command line under the name by which it was called."""
    module = Path(sys.argv[0]).name == "__main__.py"
    commands.main(prog_name="python -m nas_core" if module else "nas-explorer")


if __name__ == "__main__":
    main()
