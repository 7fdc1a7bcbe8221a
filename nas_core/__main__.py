"""`python -m nas_core`, or `nas-explorer` where it is installed: the same code without the app."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the command line under the name by which it was called."""
    module = Path(sys.argv[0]).name == "__main__.py"
    name = "python -m nas_core" if module else "nas-explorer"
    try:
        from nas_core.cli import commands
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.exit(_without_click(name))
    commands.main(prog_name=name)


def _without_click(name: str) -> str:
    """What to say at the end; `doctor` reports without the package that reads command lines."""
    if sys.argv[1:2] == ["doctor"]:
        from nas_core import doctor

        for finding in doctor.findings(8501):
            sys.stdout.write(f"{finding.state:<8} {finding.name}: {finding.text}\n")
        return "Error: without click no other command works, see above"
    return f"Error: the package click is not installed; to see what else is missing: {name} doctor"


if __name__ == "__main__":
    main()
