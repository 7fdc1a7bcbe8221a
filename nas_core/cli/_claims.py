"""How commands say whether one strategy beats another: as fields of JSON and as cells of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nas_core.cli._output import number
from nas_core.studies.compare.pairs import Pair


def fields(pair: Pair | None) -> dict[str, Any]:
    """How the first of the pair does against the second; empty without a pair."""
    if pair is None:
        return {}
    return {
        "better": pair.winner == pair.first,
        "worse": pair.winner == pair.second,
        "ahead": pair.ahead,
        "behind": pair.behind,
        "difference": pair.difference,
        "low": pair.low,
        "high": pair.high,
        "p": pair.p,
    }


def header(base: str) -> tuple[str, ...]:
    """Above the `cells` of all that are compared with `base`."""
    return f"beats {base}", "seeds ahead", "difference", "95 %", "p"


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a row with such `fields`; none for any other."""
    if "p" not in row:
        return ()
    better = "yes" if row["better"] else "no, worse" if row["worse"] else "not shown"
    ahead = f"{row['ahead']} of {row['ahead'] + row['behind']}"
    interval = f"{number(row['low'])} to {number(row['high'])}"
    return better, ahead, number(row["difference"]), interval, "< 0.0001" if row["p"] < 0.0001 else f"{row['p']:.4f}"
