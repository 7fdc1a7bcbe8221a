"""Checkpoints of a run whose strategy trains weights: files beside the run's own, named by the number of events so far.

A file is written whole or not at all. The last two are kept, in case the last line of the run file is lost in a crash.
"""

from __future__ import annotations

from pathlib import Path

from nas_core import places
from nas_core.strategies import Strategy

N_LATEST = 2


class Checkpoints:
    """Those of one run, `<run>.<events>.weights` in a folder."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self.folder, self.run_id = folder, run_id

    def save(self, strategy: Strategy, events: int) -> None:
        """Keep the strategy as it is after the first `events` events of the run; RuntimeError in one sentence if it
        cannot be written."""
        path = self.folder / f"{self.run_id}.{events:06d}.weights"
        try:
            with places.replacing(path) as new:
                strategy.save(new)
        except (OSError, RuntimeError) as error:  # the latter is how torch says that a disk is full
            raise RuntimeError(
                f"the weights of run {self.run_id} could not be saved in {self.folder}; make room or choose another "
                "folder with NAS_EXPLORER_DATA, then run it again: it goes on from the weights before"
            ) from error
        for old in self._files()[:-N_LATEST]:
            old.unlink(missing_ok=True)

    def load(self, strategy: Strategy, events: int) -> int:
        """Bring a started strategy to its latest checkpoint within the first `events` events of the run.

        Returns the number of events before that checkpoint; 0, changing nothing, if there is none.
        """
        usable = [file for file in self._files() if _n_events(file) <= events]
        if not usable:
            return 0
        try:
            strategy.load(usable[-1])
        except (OSError, ImportError):  # of this machine, and not of the file
            raise
        except Exception as error:  # whatever torch calls a file that is damaged
            raise RuntimeError(
                f"checkpoint {usable[-1].name} in {self.folder} cannot be read ({type(error).__name__}); delete it to "
                f"go on from an earlier one, or run the search with --fresh"
            ) from error
        return _n_events(usable[-1])

    def clear(self) -> None:
        """Remove them all: the run has ended or was deleted."""
        for file in self._files():
            file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """Those that are there, the oldest first."""
        return sorted(f for f in self.folder.glob(f"{self.run_id}.*.weights") if f.name.split(".")[1].isdecimal())


def _n_events(file: Path) -> int:
    return int(file.name.split(".")[1])
