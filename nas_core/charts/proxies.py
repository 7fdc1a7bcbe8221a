"""Charts of zero-cost proxies: score and accuracy, agreement between proxies, what each prefers; and their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from nas_core.charts import CELL, SHARP, palette
from nas_core.spaces import SearchSpace
from nas_core.studies.proxy_quality import ProxyQuality
from nas_core.studies.proxy_reading import title, verdict
from nas_core.studies.proxy_study import ProxyScores

MOST_POINTS = 2500
LOW, HIGH = 17, 170  # pixels of a decision, and of a panel: two of them are presented in letters of 24
TILE, WIDE = 22, 200  # pixels of an option, and of a panel beside which none has room
_ALL: dict[str, Any] = dict(labelOverlap=False, labelLimit=0)  # every label, whole
COLUMNS = {  # {column: (help, format)}
    "proxy": ("What scores the untrained networks.", None),
    "against size": (
        "Is it clearly better than counting parameters or multiply-adds, whichever ranks better here? "
        "Clearly is 2.6 standard errors of the difference.",
        None,
    ),
    "Spearman": (
        "How well its order of the networks agrees with their accuracy after training: 1 is perfect, 0 is "
        "chance. Scores that are not finite rank last.",
        "%.2f",
    ),
    "Kendall": ("The same as a count of pairs: the share in the right order minus the share in the wrong one.", "%.2f"),
    "best tenth": (
        "Spearman among the truly best tenth, where a search spends its time. Empty below 100 networks.",
        "%.2f",
    ),
    "given FLOPs": (
        "Spearman once what multiply-adds tell is taken out of both: what the proxy knows beyond size.",
        "%.2f",
    ),
    "spread": ("Standard deviation of Spearman over seeds of weights and images. Empty with one seed.", "%.3f"),
    "regret": ("Points by which its first choice misses the best of these networks.", "%.2f"),
    "not finite": (
        "Percent of networks to which it gives no finite score, such as cells that pass nothing on.",
        "%.1f %%",
    ),
    "seconds": ("Mean cost of one network on one CPU thread, with every pass it reads, shared or not.", "%.3f"),
    "networks": ("How many it has scored.", "localized"),
}
TERMS = {  # {column: what is said of it beside the table}
    "regret": "points by which the network with the best score misses the best one",
    "seconds": "time to score one network on one CPU thread",
}


def table(qualities: Sequence[ProxyQuality]) -> pd.DataFrame:
    """One row a proxy, with the columns of COLUMNS that have a value: one seed has no spread."""
    rows = [
        (
            title(j.name),
            verdict(j),
            j.spearman,
            j.kendall,
            j.best,
            j.partial,
            j.spread,
            j.regret,
            j.failed,
            j.seconds,
            j.n,
        )
        for j in qualities
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).dropna(axis=1, how="all")


def scatter_frame(scores: ProxyScores, name: str, most: int = MOST_POINTS, selected: int | None = None) -> pd.DataFrame:
    """cell, score, accuracy of at most `most` networks with a finite score, drawn at random but always the same; the
    `selected` one is among them."""
    values = scores.columns[name][0]
    finite = np.flatnonzero(np.isfinite(values))
    if len(finite) > most:
        chosen = np.random.default_rng(0).choice(finite, most, replace=False)
        finite = finite[np.isin(finite, chosen) | (scores.rows[finite] == selected)]
    return pd.DataFrame(
        {"cell": scores.rows[finite], "score": values[finite], "accuracy": scores.truth[finite].round(3)}
    )


def bulk(values: np.ndarray) -> tuple[float, float] | tuple[()]:
    """Where an axis begins and ends if a few values would squeeze the others into a third of it: three quartile
    distances beyond the middle half, as far as there are values. () where it has room for all."""
    if not len(values):
        return ()
    low, start, first, third, end, high = (float(q) for q in np.quantile(values, [0, 0.01, 0.25, 0.75, 0.99, 1]))
    if high - low <= 3 * (end - start) or first == third:
        return ()
    return max(low, first - 3 * (third - first)), min(high, third + 3 * (third - first))


def scatter(frame: pd.DataFrame, x_title: str, truth: str, selected: int | None = None) -> alt.LayerChart:
    """A point a network of `scatter_frame`; a click selects it (selection CELL). truth: what the accuracy is called."""
    click = alt.selection_point(name=CELL, fields=[CELL], on="click", nearest=False)
    floor = float(frame["accuracy"].quantile(0.02)) if len(frame) else 0.0  # a few that learned nothing
    y = alt.Y("accuracy:Q", title=truth, scale=alt.Scale(zero=False, domainMin=floor, clamp=True))
    ends = bulk(frame["score"].to_numpy())
    scale = alt.Scale(domain=ends, clamp=True, nice=False) if ends else alt.Scale(zero=False)
    x = alt.X("score:Q", title=x_title, scale=scale, axis=alt.Axis(labelFlush=False))
    tips = [
        alt.Tooltip("cell:Q", title="number"),
        alt.Tooltip("score:Q", title=x_title, format=".5~g"),
        alt.Tooltip("accuracy:Q", title=truth, format=".2f"),
    ]
    points = alt.Chart(frame).mark_point(filled=True, size=30, opacity=0.55, color="#0072B2")
    ring = alt.Chart(frame[frame["cell"] == (-1 if selected is None else selected)])
    return alt.layer(
        points.encode(x=x, y=y, tooltip=tips).add_params(click),
        ring.mark_point(size=220, strokeWidth=3, color=palette.SELECTED).encode(x=x, y=y),
    ).properties(height=340, usermeta=SHARP)


def agreement(names: Sequence[str], values: np.ndarray) -> alt.LayerChart:
    """Spearman between every two proxies, float64[k, k], as a square of tiles."""
    words = [title(n) for n in names]
    rows = [(a, b, values[i, j]) for i, a in enumerate(words) for j, b in enumerate(words)]
    frame = pd.DataFrame(rows, columns=["one", "other", "Spearman"])
    frame["text"] = [f"{v:.1f}".replace("0.", ".") if np.isfinite(v) else "" for v in frame["Spearman"]]
    base = alt.Chart(frame).encode(
        alt.X("one:N", sort=words, title=None, axis=alt.Axis(orient="top", labelAngle=-60, **_ALL)),
        alt.Y("other:N", sort=words, title=None, axis=alt.Axis(**_ALL)),
        tooltip=["one", "other", alt.Tooltip("Spearman:Q", format=".2f")],
    )
    colour = alt.Color("Spearman:Q", scale=alt.Scale(scheme="purpleorange", domain=[-1, 1]), legend=None)
    side = 120 + 30 * len(words)
    return alt.layer(
        base.mark_rect().encode(color=colour),
        base.mark_text(fontSize=10).encode(text="text", color=palette.ink("Spearman")),
    ).properties(height=side)


def preferences(space: SearchSpace, by: dict[str, np.ndarray]) -> alt.FacetChart:
    """Mean percentile by decision and option, a panel for each of `by` (float64[decisions, options], 0 to 100)."""
    rows = [
        (who, space.decisions[i], palette.short(option), values[i, j])
        for who, values in by.items()
        for i, options in enumerate(space.options)
        for j, option in enumerate(options)
    ]
    frame = pd.DataFrame(rows, columns=["by", "decision", "option", "percentile"]).dropna()  # what no network has
    order = [palette.short(o) for o in space.options[0]]
    base = alt.Chart(frame).encode(
        alt.X("option:N", sort=order, title=None, axis=alt.Axis(labelAngle=-40, **_ALL)),
        alt.Y("decision:N", sort=list(space.decisions), title=None, axis=alt.Axis(**_ALL)),
        tooltip=["by", "decision", "option", alt.Tooltip("percentile:Q", format=".0f")],
    )
    colour = alt.Color(
        "percentile:Q", scale=alt.Scale(scheme=palette.SEQUENTIAL, domain=[20, 80], clamp=True), legend=None
    )
    tiles = base.mark_rect().encode(color=colour)
    words = base.mark_text(fontSize=12).encode(
        text=alt.Text("percentile:Q", format=".0f"), color=palette.ink("percentile")
    )
    wide = TILE * frame["option"].nunique()
    high = LOW * len(space.decisions) if wide > WIDE else HIGH  # two above each other are low
    panel = alt.layer(tiles, words, data=frame).properties(width=max(138, wide), height=high)
    return panel.facet(alt.Facet("by:N", title=None, sort=list(by)), columns=1 if wide > WIDE else 2)
