"""Where the app's files lie, and how the code of its browser components is read."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # of the app: the checkout, or nas_core/_app where it is installed
ASSETS = ROOT / "assets"


def read(*names: str) -> str:
    """The text of these assets, one after the other."""
    return "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in names)
