"""Charts that compare: predictors by training size, predicted with true, settings of an experiment, average ranks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from nas_core import stats
from nas_core.charts import CELL, SHARP, palette
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.sentences import sentence
from nas_core.studies.lab import FACTORS, LabPlan, Results
from nas_core.studies.predictor_study import BASELINE, PICKS, Guess, Measure, Score, title

ENTRY = 125  # pixels of a name in a legend
MOST_POINTS = 2500  # unseen architectures in a scatter; more only make it slow


def scores_frame(scores: Sequence[Score]) -> pd.DataFrame:
    """One row a score, with a column for each number of picks that has a regret."""
    rows = [vars(s) | {f"regret_{k}": regret for k, regret in zip(PICKS, s.regrets, strict=True)} for s in scores]
    return pd.DataFrame(rows).drop(columns="regrets")


def curves_frame(scores: Sequence[Score], measure: Measure) -> pd.DataFrame:
    """predictor, trained networks, low, middle, high (quartiles over the splits) and how many splits."""
    groups: dict[tuple[str, int], list[float]] = {}
    for score in scores:
        groups.setdefault((score.name, score.size), []).append(measure.read(score))
    rows = []
    for (name, size), values in groups.items():
        low, middle, high = stats.band(np.array(values)[:, None])[:, 0]
        rows.append((title(name), size, low, middle, high, len(values)))
    return pd.DataFrame(rows, columns=["predictor", "trained networks", "low", "middle", "high", "splits"])


def learning_curves(
    scores: Sequence[Score],
    measure: Measure,
    names: Sequence[str],
    all_names: Sequence[str],
    ceiling: float | None = None,
) -> alt.LayerChart:
    """A line and a band for each of `names`; colours by their place among `all_names`, those of all predictors.

    ceiling: a dotted line, what a predictor would reach that knew the signal of every architecture.
    """
    frame = curves_frame(scores, measure)
    sizes = sorted(frame["trained networks"].unique().tolist())
    entries = [*(n for n in names if n in {s.name for s in scores}), BASELINE]
    looks = [palette.of(all_names, n) if n != BASELINE else (palette.OPTIMUM, (4, 3)) for n in entries]
    words = [title(n) for n in entries]
    legend = alt.Legend(
        orient="top",
        columns=alt.ExprRef(f"clamp(floor(width / {ENTRY}), 2, {len(words)})"),
        title=None,
        labelLimit=0,
        symbolType="stroke",
        symbolOpacity=1,
        symbolStrokeWidth=3,
        symbolSize=300,
        columnPadding=4,
    )
    colour = alt.Color("predictor:N", legend=legend, scale=alt.Scale(domain=words, range=[c for c, _ in looks]))
    dash = alt.StrokeDash(
        "predictor:N", legend=legend, scale=alt.Scale(domain=words, range=[list(d) for _, d in looks])
    )
    x = alt.X(
        "trained networks:Q",
        scale=alt.Scale(type="log", nice=False, domain=[sizes[0], max(sizes[-1], sizes[0] + 1)]),
        axis=alt.Axis(values=sizes, format="d", grid=False),
        title="trained networks it learned from",
    )
    base = alt.Chart(frame).encode(x=x, color=colour)
    y = alt.Y("middle:Q", scale=alt.Scale(zero=measure.goal == "min"), title=measure.title)
    tips = [
        "predictor",
        "trained networks",
        *(alt.Tooltip(c, format=".3f") for c in ("low", "middle", "high")),
        "splits",
    ]
    layers = [
        base.mark_area(opacity=0.15).encode(alt.Y("low:Q", title=measure.title), alt.Y2("high:Q")),
        base.mark_line(strokeWidth=3).encode(y=y, strokeDash=dash),
        base.mark_point(filled=True, size=70, opacity=1).encode(y=y, tooltip=tips),
    ]
    if ceiling is not None:
        layers += _rule(ceiling, "if every network were trained")
    return alt.layer(*layers).properties(height=390)


def _rule(value: float, text: str) -> list[alt.Chart]:
    """A dotted line across the chart with its name on it."""
    base = alt.Chart(pd.DataFrame({"value": [value], "name": [text]})).encode(y="value:Q")
    style = {"color": palette.OPTIMUM}
    return [
        base.mark_rule(strokeDash=[2, 3], strokeWidth=2, **style).encode(tooltip=["name", "value"]),
        base.mark_text(align="left", dy=-7, fontSize=12, **style).encode(x=alt.value(6), text="name"),
    ]


def scatter_frame(guess: Guess, most: int = MOST_POINTS) -> pd.DataFrame:
    """cell, predicted, doubt, true, known: all it learned from and at most `most` others, drawn at random but always
    the same."""
    others = np.flatnonzero(~guess.trained)
    if len(others) > most:
        others = np.random.default_rng(0).choice(others, most, replace=False)
    keep = np.concatenate([np.sort(others), np.flatnonzero(guess.trained)])
    return pd.DataFrame(
        {
            "cell": guess.rows[keep],
            "predicted": guess.predicted[keep].round(3),
            "doubt": guess.doubt[keep].round(3),
            "true": guess.truth[keep].round(3),
            "known": np.where(guess.trained[keep], "learned from", "unseen"),
        }
    )


def predicted_vs_true(frame: pd.DataFrame, signal: str, truth: str, selected: int) -> alt.LayerChart:
    """A point a cell of `scatter_frame`; a click selects it (selection CELL). On the dotted line both are equal."""
    low, high = float(frame[["predicted", "true"]].min().min()), float(frame[["predicted", "true"]].max().max())
    floor = float(frame["true"].quantile(0.02))  # a few cells that learned nothing would squeeze all others
    line = alt.Chart(pd.DataFrame({"predicted": [low, high], "true": [low, high]}))
    click = alt.selection_point(name=CELL, fields=[CELL], on="click", nearest=False)
    scale = alt.Scale(zero=False, domainMin=floor, clamp=True)
    axes = {
        "x": alt.X("predicted:Q", scale=scale, title=f"predicted {signal} (%)"),
        "y": alt.Y("true:Q", scale=scale, title=f"{truth} (%)"),
    }
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, size=28, opacity=0.55)
        .encode(
            **axes,
            color=alt.Color(
                "known:N",
                title=None,
                legend=alt.Legend(orient="top"),
                scale=alt.Scale(domain=["unseen", "learned from"], range=["#0072B2", "#D55E00"]),
            ),
            tooltip=[
                alt.Tooltip("cell:Q", title="number"),
                alt.Tooltip("predicted:Q", title=f"predicted {signal} (%)", format=".2f"),
                alt.Tooltip("doubt:Q", title="± (points)", format=".2f"),
                alt.Tooltip("true:Q", title=f"{truth} (%)", format=".2f"),
                alt.Tooltip("known:N", title="while learning"),
            ],
        )
        .add_params(click)
    )
    ring = alt.Chart(frame[frame["cell"] == selected])
    return alt.layer(
        line.mark_line(strokeDash=[2, 3], color=palette.OPTIMUM, clip=True).encode(**axes),
        points,
        ring.mark_point(size=220, strokeWidth=3, color=palette.SELECTED).encode(**axes),
    ).properties(height=440, usermeta=SHARP)


def lab_frame(results: Results, at: int) -> pd.DataFrame:
    """A row a setting after `at` trials: level, circumstance, searches, mean, 95 % interval, reward's favourite."""
    plan, values = results.plan, results.values(at)
    low, mean, high = stats.mean_interval(values)
    favourites, counts = results.favourites(), (~np.isnan(values)).sum(2)
    circumstances = plan.circumstances if plan.under else ("",)
    rows = [
        (str(level), str(under), int(counts[i, j]), mean[i, j], low[i, j], high[i, j], favourites[i, j])
        for i, level in enumerate(plan.levels)
        for j, under in enumerate(circumstances)
    ]
    frame = pd.DataFrame(rows, columns=["level", "under", "searches", "mean", "low", "high", "preferred"])
    frame["text"] = [
        "" if np.isnan(m) else f"{m:.2f}" if np.isnan(h) else f"{m:.2f}\n± {h - m:.2f}"
        for m, h in zip(mean.flat, high.flat)
    ]
    return frame


_TIPS = ["level", "under", "searches", *(alt.Tooltip(c, format=".2f") for c in ("mean", "low", "high", "preferred"))]


def heat_map(frame: pd.DataFrame, plan: LabPlan) -> alt.LayerChart:
    """Mean test accuracy of every setting of `lab_frame`, its 95 % interval written in the tile."""
    y = alt.Y("level:N", sort=None, title=FACTORS[plan.compare].title)
    x = alt.X(
        "under:N",
        sort=None,
        title=FACTORS[plan.under].title if plan.under else None,
        axis=alt.Axis(labelAngle=0, orient="top"),
    )
    colour = alt.Color("mean:Q", legend=None, scale=alt.Scale(scheme=palette.SEQUENTIAL, zero=False))
    base = alt.Chart(frame).encode(x=x, y=y, tooltip=_TIPS)
    tiles = base.mark_rect(stroke="#8884", strokeWidth=1).encode(color=colour)
    words = base.mark_text(fontSize=14, fontWeight=600, lineBreak="\n", lineHeight=18, baseline="middle", dy=-9).encode(
        text="text:N", color=palette.ink("mean")
    )
    return alt.layer(tiles, words).properties(height=90 + 60 * len(plan.levels))


def intervals(frame: pd.DataFrame, plan: LabPlan, optimum: float) -> alt.LayerChart:
    """Mean and 95 % interval of every setting of `lab_frame`, with what its reward prefers and the optimum."""
    levels = [str(level) for level in plan.levels]
    looks = [palette.of(levels, level)[0] for level in levels]
    title = FACTORS[plan.under].title if plan.under else ""
    x = alt.X("under:N", sort=None, title=title, axis=alt.Axis(labelAngle=0))
    offset = alt.XOffset("level:N", sort=levels)
    colour = alt.Color(
        "level:N",
        sort=None,
        title=FACTORS[plan.compare].title,
        legend=alt.Legend(orient="top", columns=4, titleOrient="left", titleAnchor="middle"),
        scale=alt.Scale(domain=levels, range=looks),
    )
    base = alt.Chart(frame).encode(x=x, xOffset=offset, tooltip=_TIPS)
    title = "test accuracy at full training (%)"
    y = alt.Y("mean:Q", scale=alt.Scale(zero=False), title=title)
    preferred = base.mark_tick(thickness=3, size=26, color=palette.OPTIMUM).encode(y="preferred:Q")
    bars = base.mark_rule(strokeWidth=3).encode(alt.Y("low:Q", title=title), alt.Y2("high:Q"), color=colour)
    points = base.mark_point(filled=True, size=130, opacity=1).encode(y=y, color=colour)
    return alt.layer(preferred, bars, points, *_rule(optimum, "the best there is")).properties(height=345)


def gaps(claims: Claims, colours: Mapping[str, str]) -> alt.LayerChart:
    """How far each strategy is behind the best mean, with its interval, corrected for all pairs; zero is the best.

    colours: of the strategies; pale where no difference is shown.
    """
    best, *others = claims.names
    pairs = [claims.against(best)[name] for name in others]
    frame = pd.DataFrame(
        [(p.first, p.difference, p.low, p.high, 1.0 if p.winner else 0.6, sentence(p)) for p in pairs],
        columns=["name", "difference", "low", "high", "shown", "sentence"],
    )
    x = alt.X("difference:Q", title=claims.unit or None, axis=alt.Axis(gridOpacity=0.5))
    y = alt.Y("name:N", sort=others, title=None, axis=None)
    row = alt.Chart(frame).encode(y=y, color=_paint(colours, others), tooltip="sentence")
    names = row.mark_text(align="left", dx=-4, dy=-13, fontSize=12).encode(x=alt.value(0), text="name")
    base = row.encode(x=x, opacity=alt.Opacity("shown:Q", scale=None))
    zero = alt.Chart(pd.DataFrame({"difference": [0.0]})).encode(x=x)
    interval = base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q"), x2="high:Q")
    dots = base.mark_point(filled=True, size=90)
    title = alt.TitleParams(["Difference from", best], anchor="start", fontSize=13)
    return alt.layer(zero.mark_rule(strokeDash=[2, 3], color=palette.OPTIMUM), interval, dots, names, title=title)


def _paint(colours: Mapping[str, str] | None, names: Sequence[str]) -> alt.Color:
    inks = [colours[name] for name in names] if colours else [palette.SERIES[0]]
    return alt.Color("name:N", legend=None, scale=alt.Scale(domain=names, range=inks))


def average_ranks(claims: Claims, colours: Mapping[str, str] | None = None) -> alt.LayerChart:
    """Average ranks on a line, 1 at the left (Demšar 2006); a bar joins those that are not shown to differ."""
    k, groups = len(claims.ranks), claims.ties()
    frame = pd.DataFrame({"name": claims.ranks.keys(), "rank": claims.ranks.values(), "place": range(k)})
    labels = json.dumps([f"{name}  {rank:.2f}" for name, rank in claims.ranks.items()])
    rows = alt.Axis(
        values=list(range(k)),
        labelExpr=f"{labels}[datum.value]",
        title=None,
        ticks=False,
        domain=False,
        labelLimit=260,
        labelOverlap=False,
    )
    x = alt.X("rank:Q", scale=alt.Scale(domain=[1, max(k, 2)]), title="average rank (1 is best)")
    y = alt.Y("place:Q", axis=rows, scale=alt.Scale(domain=[k - 0.5, -0.5 - len(groups) * 0.6]))
    base = alt.Chart(frame).encode(x=x, y=y, tooltip=["name", alt.Tooltip("rank", format=".2f")])
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(color=_paint(colours, list(claims.ranks)))
    bars = pd.DataFrame(
        [
            (
                claims.ranks[group[0]],
                claims.ranks[group[-1]],
                -0.6 * (i + 1),
                f"no difference shown: {', '.join(group)}",
            )
            for i, group in enumerate(groups)
        ],
        columns=["rank", "end", "place", "group"],
    )
    joined = alt.Chart(bars).mark_rule(strokeWidth=6, color=palette.OPTIMUM).encode(x=x, x2="end", y=y, tooltip="group")
    return alt.layer(*([dots, joined] if len(bars) else [dots])).properties(height=100 + 28 * k)
