"""Checkpoints of a run whose strategy trains weights: files beside the run's own, named by the events they have seen.

A file is written whole or not at all. The last two are kept, so that a line of the run file that was lost with the
machine does not cost the whole training.
"""

from __future__ import annotations

from pathlib import Path

from nas_core.strategies import Strategy

KEPT = 2


class Checkpoints:
    """Those of one run, `<run>.<events>.weights` in a folder."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self.folder, self.run_id = folder, run_id

    def save(self, strategy: Strategy, events: int) -> None:
        """Keep the strategy as it is after the first `events` events of the run."""
        path = self.folder / f"{self.run_id}.{events:06d}.weights"
        fresh = path.with_suffix(".new")
        strategy.save(fresh)
        fresh.replace(path)
        for old in self._files()[:-KEPT]:
            old.unlink(missing_ok=True)

    def load(self, strategy: Strategy, events: int) -> int:
        """Bring a started strategy to its latest checkpoint within the first `events` events of the run.

        Returns the number of events before that checkpoint; 0, changing nothing, if there is none.
        """
        fitting = [file for file in self._files() if _seen(file) <= events]
        if not fitting:
            return 0
        try:
            strategy.load(fitting[-1])
        except (OSError, ImportError):  # of this machine, and not of the file
            raise
        except Exception as error:  # whatever torch calls a file that is damaged
            raise RuntimeError(
                f"checkpoint {fitting[-1].name} in {self.folder} cannot be read ({type(error).__name__}); delete it to "
                f"go on from an earlier one, or run the search with --fresh"
            ) from error
        return _seen(fitting[-1])

    def clear(self) -> None:
        """Remove them all: the run has ended or was deleted."""
        for file in self._files():
            file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """Those that are there, the oldest first."""
        return sorted(f for f in self.folder.glob(f"{self.run_id}.*.weights") if f.name.split(".")[1].isdecimal())


def _seen(file: Path) -> int:
    return int(file.name.split(".")[1])
