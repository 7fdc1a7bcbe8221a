"""Home: what this is, and a race between three strategies in a few seconds."""

from __future__ import annotations

from ui.frame import frame

TITLE = "Home"
ICON = ":material/home:"
GROUP = "Start"

frame(TITLE, ICON, "Which way of searching finds the best network first?")
