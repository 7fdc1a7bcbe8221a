"""What pages share. Every page begins with `ui.frame(TITLE, ICON, QUESTION)`."""

from ui.frame import frame, jobs, store

__all__ = ["frame", "jobs", "store"]
