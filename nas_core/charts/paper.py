"""Charts as papers print them: on white, in light colours, at the width of a column, with a legend that fits.

A figure is laid out on more pixels than its width has at 96 dpi and scaled down, so that text of 12 pixels is printed
at 7 points, which is what journals ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from nas_core.charts import palette

COLUMNS = {"Column of two, 88 mm": 88.0, "One-column paper, 140 mm": 140.0, "Both columns, 180 mm": 180.0}  # {name: mm}
DENSITY = 416 / 88  # pixels of the layout a millimetre
INK = "#1B2430"
PAPER = "#FFFFFF"
FONT = "'Source Sans', 'Source Sans 3', 'Source Sans Pro', Helvetica, Arial, sans-serif"  # the app's own first
LETTER, LINE, GAP = 6.4, 17, 14  # pixels: a letter of the legend, a line of it, and what is free around it
NUMBERS = alt.Locale(  # of Altair charts: a number below zero has the sign that it has in ECharts and in tables
    number=alt.NumberLocale(decimal=".", thousands=",", grouping=[3], currency=["$", ""], minus="-")
)
WIDTHS, MOST_ROWS = (300, 400, 500, 640, 900), 4  # pixels of charts on a page; lines of a legend there
LOWEST, HIGHEST = 220, 330  # pixels, of what is drawn below or above the legend


def pixels(mm: float) -> int:
    """The width on which a figure of `mm` millimetres is laid out."""
    return round(mm * DENSITY)


def echarts(option: Mapping[str, Any], height: int, width: int) -> tuple[dict[str, Any], int]:
    """(the option for paper, its height in pixels) of an ECharts option that is `height` high on a page."""
    height = min(max(height, LOWEST), HIGHEST)
    parts = [dict(option), *(dict(m) for m in option.get("media", []))]
    fixed = {"animation": False, "backgroundColor": PAPER, "toolbox": {"show": False}, "aria": {"enabled": False}}
    out = {"color": list(palette.SERIES)} | parts[0] | fixed
    out["textStyle"] = {"fontFamily": FONT, "color": INK}
    out["series"] = [dict(s) | {"animation": False} for s in _list(out.get("series"))]
    legends = _list(out.get("legend"))
    extra = 0
    if legends:
        rows = max(legend_rows(legend, out["series"], width) for legend in legends)
        out["legend"] = [legend | {"type": "plain"} for legend in legends]
        side = "bottom" if "bottom" in legends[0] else "top"
        grids = _list(out.get("grid"))
        extra = max(0, rows * LINE + GAP - min((g[side] for g in grids if _number(g, side)), default=rows * LINE + GAP))
        out["grid"] = [grid | {side: grid[side] + extra} if _number(grid, side) else grid for grid in grids]
    return out, height + extra


def _list(value: Any) -> list[dict[str, Any]]:
    return [] if value is None else [dict(value)] if isinstance(value, Mapping) else list(value)


def _number(grid: Mapping[str, Any], side: str) -> bool:
    """True if the place of that side is given in pixels."""
    return isinstance(grid.get(side), int | float)


def legend_rows(legend: Mapping[str, Any], series: Sequence[Mapping[str, Any]], width: int) -> int:
    """How many lines a horizontal legend takes."""
    if legend.get("show") is False or legend.get("orient") == "vertical":
        return 1
    names = [n["name"] if isinstance(n, Mapping) else n for n in legend.get("data") or []]
    names = names or list(dict.fromkeys(str(s["name"]) for s in series if "name" in s))
    rows, used = 1, 0.0
    for name in names:
        item = legend.get("itemWidth", 25) + 15 + LETTER * len(str(name))
        if used and used + item > width - 10:
            rows, used = rows + 1, 0.0
        used += item
    return rows


def with_whole_legend(option: dict[str, Any]) -> dict[str, Any]:
    """The ECharts option with all of its legend: on a narrow chart it takes several lines, and the rest makes room.

    One that would take more than `MOST_ROWS` stays as it is.
    """
    legend = {**option["legend"], "type": "plain"}
    frame, side = "grid" if "grid" in option else "parallel", "bottom" if "bottom" in legend else "top"
    rows = {width: legend_rows(legend, option["series"], width) for width in WIDTHS}
    if max(rows.values()) > MOST_ROWS:
        return option
    media = [
        {
            "query": {"minWidth": width * (width > WIDTHS[0]), "maxWidth": wider - 1},
            "option": {frame: {side: option[frame][side] + LINE * (rows[width] - 1)}},
        }
        for width, wider in zip(WIDTHS, [*WIDTHS[1:], 10_000], strict=True)
    ]
    return {**option, "legend": legend, "media": media}


def altair(chart: Any, width: int) -> Any:
    """The Altair chart for paper; drawn as SVG however many marks it has."""
    out = chart.copy(deep=True)
    font = FONT.replace("'", "")
    text = {"labelFont": font, "titleFont": font, "labelColor": INK, "titleColor": INK, "labelLimit": 0}
    text |= {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    out.config = alt.Config(
        background=PAPER,
        font=font,
        locale=NUMBERS,
        axis=alt.AxisConfig(**text, gridColor="#E3E7EC"),
        legend=alt.LegendConfig(**text, orient="bottom", columns=max(1, width // 200)),
        header=alt.HeaderConfig(labelFont=font, titleFont=font, labelColor=INK, titleColor=INK),
        text=alt.MarkConfig(font=font),
        title=alt.TitleConfig(font=font, color=INK, subtitleFont=font, subtitleColor=INK),
        view=alt.ViewConfig(stroke="transparent"),
        range=alt.RangeConfig(category=list(palette.SERIES)),
    )
    out.padding = {"left": 5, "top": 5, "right": 14, "bottom": 5}  # half of the last label of an axis
    out.usermeta = {"embedOptions": {"renderer": "svg", "actions": False}}
    return out
