"""The user's own tables: CSV or Parquet files of architectures and numbers for one of our spaces.

The file needs a column ``arch`` (whatever the space can parse) and one of its main metric: ``val_acc`` in percent, or
what the user names with its goal and unit, such as a perplexity. Every other column of numbers becomes a metric.
``val_acc@12`` is the value after 12 epochs; without @ it is that of the full training. Other spellings of the
accuracies (``Test acc``, ``acc_test``) are read as such; any other column can be named as one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nas_core import places, plugins, spaces
from nas_core.sources import pickles, tables
from nas_core.sources._column_names import COLUMN, head, is_accuracy, names_of, usual
from nas_core.sources._drafts import ACCURACY as ACCURACY
from nas_core.sources._drafts import Main as Main
from nas_core.sources._drafts import TableDraft as TableDraft
from nas_core.sources._guesses import guess as guess
from nas_core.sources._numbers import Style, number, short
from nas_core.sources._rows import Rows, check_size, is_parquet, open_rows, reserve_nothing
from nas_core.sources.download import SourceError
from nas_core.spaces import DEFAULT, SearchSpace

NONE_YET = "none yet"  # in a benchmark's list of datasets, if there are none
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")
MOST_TABLES = 50
LARGE = 500_000  # bytes of a CSV file, which takes about a second
LONGEST = 2000  # characters of an architecture
SCALES = ("percent", "fractions")  # what accuracies that are all at most 1 may be
BETTER_IF_MORE = re.compile(r"acc|auc|f1|score|map|iou")  # in a metric's name


def suggested(file: str) -> str:
    """A name for the table of a file of that name."""
    return re.sub(r"[^A-Za-z0-9 ._-]+", " ", file.rpartition(".")[0]).strip(" ._-")[:40] or "my table"


def load(file: Path) -> bytes:
    """The content of a file; ValueError if it is larger than a table may be, OSError if it cannot be read."""
    check_size(file.stat().st_size, file.name)
    return file.read_bytes()


def header(content: bytes, file: str) -> dict[str, str]:
    """{column of the file: the name it is read by}; ValueError in one sentence if the file cannot be read."""
    return {name: usual(name) for name in (n.strip() for n in open_rows(content, file).names)}


def read(
    content: bytes,
    file: str,
    space_name: str,
    notation: str = "",
    columns: Mapping[str, str] | None = None,
    main: Main | None = ACCURACY,
) -> TableDraft:
    """The good rows of a file's `content`, and the bad ones with their lines.

    file: its name, which says by .parquet or .csv how it is written. notation: of the architectures, where they do not
    say it themselves as in nats:1. columns: {"val_acc": the file's column that is meant}, where its own name does not
    say so; likewise for arch and every metric. main: None for columns that are added to a table. ValueError in one
    sentence if the file as a whole cannot be used.

    A Parquet file is read in a child process with a limit on memory: it may unpack to more than its directory says. So
    is a CSV file of more than LARGE bytes, which would hold up the other threads of a server.
    """
    here = partial(read_here, content, file, space_name, notation, columns or {}, main)
    if is_parquet(file):
        return next(pickles.apart(partial(_apart, here), file, len(content), "Parquet file", "pyarrow.parquet"))
    if len(content) > LARGE:
        return next(pickles.apart(partial(_apart, here), file, len(content), "CSV file", "csv"))
    return here()


def _apart(here: Callable[[], TableDraft]) -> Iterator[TableDraft]:
    reserve_nothing()
    yield here()


def read_here(
    content: bytes, file: str, space_name: str, notation: str, columns: Mapping[str, str], main: Main | None = ACCURACY
) -> TableDraft:
    """`read` in this process."""
    rows = open_rows(content, file)
    main_name = main.name if main else ""
    names = names_of(rows, columns, main_name)
    styles = _styles(rows, names)
    metrics = [n for n, s in styles.items() if "number" in s.lines or not s.filled or head(n) == main_name]
    _check(file, rows, {n: styles[n] for n in metrics})
    space = spaces.create(space_name)
    space.check_exhaustive("a table of it")
    draft = TableDraft(
        space_name,
        columns={n: np.full(len(space), np.nan) for n in metrics},
        ignored=[n for n in names if n != "arch" and n not in metrics],
        names={n: name for n, name in zip(names, rows.names, strict=True) if n != name.strip() and n in metrics},
        main=main or ACCURACY,
    )
    _fill(draft, rows, names, notation, main_name)
    plain = [n for n in metrics if is_accuracy(n) and "%" not in styles[n].lines]
    draft.fractions = [n for n in plain if 0 < np.nanmax(draft.columns[n], initial=0) <= 1]
    return draft


def _styles(rows: Rows, names: Sequence[str]) -> dict[str, Style]:
    """How each column that may be a metric writes its values."""
    styles = {n: Style() for n in names if COLUMN.fullmatch(n) and n != "arch"}
    places = {i: styles[n] for i, n in enumerate(names) if n in styles}
    for line, values in rows.read(places):
        for i, style in places.items():
            if i < len(values):
                style.note(line, values[i])
    return styles


def _check(file: str, rows: Rows, styles: Mapping[str, Style]) -> None:
    """ValueError if the file writes its numbers in two ways, so that one of them would be misread."""
    first = {mark: min((s.lines[mark] for s in styles.values() if mark in s.lines), default=0) for mark in ",."}
    if rows.decimal_commas and all(first.values()):
        raise ValueError(
            f"{file} has numbers with a comma (line {first[',']}) and with a point (line {first['.']}); write decimals "
            f"in one of the two ways, and no mark for thousands"
        )
    for name, lines in ((n, s.lines) for n, s in styles.items() if is_accuracy(n)):
        if "%" in lines and "no %" in lines:
            raise ValueError(
                f"{file} has {name} with a percent sign in line {lines['%']} and without in line {lines['no %']}; "
                f"write all of it in one of the two ways"
            )


def _fill(draft: TableDraft, rows: Rows, names: list[str], notation: str, main: str) -> None:
    """Read every row into the draft's columns."""
    space, prefix = spaces.create(draft.space), f"{notation}:" if notation else ""
    arch, places = names.index("arch"), {name: names.index(name) for name in draft.columns}
    accuracies = set(filter(is_accuracy, draft.columns))
    lines: dict[int, int] = {}  # of the architectures so far
    for line, values in rows.read({arch, *places.values()}):
        try:
            if len(values) != len(names):
                raise ValueError(rows.wrong_width(len(values)))
            row = space.index(space.parse(prefix + _architecture(values[arch])))
            texts = {n: values[i] for n, i in places.items()}
            numbers = _numbers(texts, rows.decimal_commas, accuracies, main)
            if row in lines:
                raise ValueError(f"the same architecture as in line {lines[row]}")
        except ValueError as error:
            draft.leave_out(line, str(error))
            continue
        lines[row] = line
        for name, value in numbers.items():
            draft.columns[name][row] = value


def _architecture(value: Any) -> str:
    text = str(value)
    if len(text) > LONGEST:
        raise ValueError(f"{short(text)!r} is not an architecture: it has {len(text):,} characters")
    return text


def _numbers(values: Mapping[str, Any], commas: bool, accuracies: Collection[str], main: str) -> dict[str, float]:
    """{metric: value} of one line; ValueError says what is wrong with it."""
    numbers = {}
    for name, text in values.items():
        try:
            numbers[name] = value = number(text, commas)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from None
        if name in accuracies and not (0 <= value <= 100 or math.isnan(value)):
            raise ValueError(f"{name} must be 0 to 100 percent; it is {short(str(text))}")
        if math.isinf(value):
            raise ValueError(f"{name} must be finite; it is {short(str(text))}")
    if main and all(math.isnan(v) for n, v in numbers.items() if head(n) == main):
        raise ValueError(f"{main} is missing")
    return numbers


def fitting() -> list[str]:
    """The spaces that a table can be of, the default first: all whose architectures can be listed."""
    names = [name for name in plugins.find(SearchSpace) if spaces.create(name).exhaustive]
    return sorted(names, key=lambda name: name != DEFAULT)


def folder(space_name: str) -> Path:
    """Where the user's tables for a space are."""
    return places.data_place() / "tables" / f"own_{space_name}"


def holds(file: Path) -> bool:
    """True if a file is one of them, for whatever space."""
    return file.parent == folder(file.parent.name.removeprefix("own_"))


def names(space_name: str) -> tuple[str, ...]:
    """The user's tables for a space, in alphabetical order."""
    return tuple(sorted(f.stem for f in folder(space_name).glob("*.parquet")))


def save(
    draft: TableDraft,
    name: str,
    source: str,
    epochs: int = 1,
    fewer_is_better: Iterable[str] | None = None,
    scale: str = "",
) -> Path:
    """Write the good rows as the dataset `name`, replacing one of that name; ValueError if the name is not allowed.

    source: where the numbers come from, in the user's words. epochs: of the full training, for columns that do not say.
    fewer_is_better: metrics to be minimised; None goes by their names. scale: one of SCALES, needed where the draft has
    `fractions`: what those are.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a table: 1 to 40 letters, digits, spaces and . _ -")
    if not draft.count:
        raise ValueError("no line of the file can be used, so there is nothing to save")
    if len(names(draft.space)) >= MOST_TABLES and name not in names(draft.space):
        raise ValueError(f"there are {MOST_TABLES} tables of your own already; remove one first")
    columns = _with_epochs(in_percent(draft, scale), epochs, draft.main.name)
    file = folder(draft.space) / f"{name}.parquet"
    today = datetime.now(UTC).date().isoformat()
    provenance = {
        "source": source or "not given",
        "imported": f"on {today}; {draft.count:,} architectures, {draft.left_out:,} lines left out",
    }
    if draft.names:
        provenance["columns"] = "; ".join(f"{n} is called {own!r} in the file" for n, own in draft.names.items())
    if draft.fractions:
        provenance["accuracies"] = f"{', '.join(draft.fractions)}: taken for {scale}"
    goals = goals_of(draft, fewer_is_better)
    if draft.main != ACCURACY:
        twin = f"test_{draft.main.name.removeprefix('val_')}"
        goals |= {name: draft.main.goal for name in (draft.main.name, twin) if name in goals}
    tables.write(file, columns, provenance, np.float64, goals=goals, main=asdict(draft.main))
    return file


def in_percent(draft: TableDraft, scale: str) -> dict[str, np.ndarray]:
    """Its columns, float64[len(space)] each, accuracies in percent; ValueError where `scale` must say what `fractions`
    are and does not."""
    if draft.fractions and scale not in SCALES:
        raise ValueError(
            f"{', '.join(draft.fractions)}: no value above 1, so they may be fractions; say {' or '.join(SCALES)}"
        )
    percent = 100 if scale == "fractions" else 1
    return {n: values * percent if n in draft.fractions else values for n, values in draft.columns.items()}


def goals_of(draft: TableDraft, fewer_is_better: Iterable[str] | None) -> dict[str, str]:
    """{metric: "max" or "min"}; None goes by their names."""
    least = {m for m in draft.metrics if not BETTER_IF_MORE.search(m)} if fewer_is_better is None else fewer_is_better
    return {m: "min" if m in set(least) else "max" for m in sorted(draft.metrics)}


def _with_epochs(columns: Mapping[str, np.ndarray], epochs: int, main: str) -> dict[str, np.ndarray]:
    """The columns, those of trainings all called metric@epochs; `epochs` (at least 1) where the file does not say."""
    twin = f"test_{main.removeprefix('val_')}"
    metrics = {head(n) for n in columns if "@" in n or n.endswith(("_acc", "_loss")) or n in (main, twin)}
    full = max([epochs, 1, *(int(n.partition("@")[2]) for n in columns if "@" in n)])
    out: dict[str, np.ndarray] = {}
    for name, values in columns.items():
        full_name = f"{name}@{full}" if name in metrics else name
        if full_name in out or (full_name != name and full_name in columns):
            raise ValueError(f"the file has {name} and {full_name}; say how many epochs {name} was trained for")
        out[full_name] = values
    return out


def delete(space_name: str, name: str) -> None:
    """Remove one of the user's tables; SourceError if there is none of that name."""
    places.check_own()
    if name not in names(space_name):
        options = ", ".join(names(space_name)) or "none"
        raise SourceError(f"there is no table {name!r} of your own for the {space_name} space; there are: {options}")
    (folder(space_name) / f"{name}.parquet").unlink()


def goals(meta: Mapping[str, str]) -> dict[str, str]:
    """{metric: "max" or "min"} as it was saved."""
    return json.loads(meta["goals"])


def main(meta: Mapping[str, str]) -> Main:
    """The main metric as it was saved; of older tables validation accuracy."""
    return Main(**json.loads(meta.get("main", "{}")))
