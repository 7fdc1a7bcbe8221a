"""Shows the progress of what takes a while, and says how it goes on if the user stops it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from nas_core.cli import Interrupted
from nas_core.cli._output import emit, progress
from nas_core.sources.download import Progress


@contextmanager
def following(
    steps: Generator[Any],
    label: str,
    length: int,
    how_far: Callable[[], str] = lambda: "",
    goes_on: str = "the same command goes on from there",
) -> Iterator[Any]:
    """A bar while `steps` are taken, which are closed in the end; Interrupted if the user stops it.

    how_far: how far it has come then, such as " after 3 trials".
    """
    with closing(steps), progress(label, length) as bar:
        try:
            yield bar
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted{how_far()}; {goes_on}") from None


def follow(steps: Generator[Progress], as_json: bool, goes_on: str) -> None:
    """Do the work: a bar for each kind of step on a terminal, or with `as_json` one object a line.

    Interrupted, with the sentence `goes_on`, if the user stops it.
    """
    last: Progress | None = None
    bar: Any = None
    with ExitStack() as open_bars, closing(steps):
        try:
            for step in steps:
                if as_json and step != last:
                    emit(vars(step))
                if not as_json and (last is None or (step.unit, step.total) != (last.unit, last.total)):
                    open_bars.close()
                    bar = open_bars.enter_context(progress(step.text, step.total))
                if bar is not None:
                    bar.label = step.text
                    bar.update(step.done - bar.pos)
                last = step
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted; {goes_on}") from None
