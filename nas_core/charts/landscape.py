"""A landscape as ECharts options: the network of local optima, walks, the way to the best, effects, interactions."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from nas_core.charts import STILL, axis, axis_title, palette
from nas_core.charts.paper import with_whole_legend
from nas_core.charts.quantities import Quantity
from nas_core.spaces import SearchSpace
from nas_core.studies.effects import Variance
from nas_core.studies.optima import Optima
from nas_core.types import with_unit

MOST = 60  # optima that are drawn
INK, UP = "#0072B2", "#D55E00"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
GRID = {"left": 8, "right": 20, "top": 12, "bottom": 30, "containLabel": True}


def visible(optima: Optima) -> np.ndarray:
    """int64[<=MOST], ascending: the optima that are drawn, the best one and those with the largest basins."""
    return np.sort(np.append(np.argsort(-optima.basin[1:], kind="stable")[: MOST - 1] + 1, 0))


def network(space: SearchSpace, optima: Optima, quantity: Quantity, selected: int = -1) -> dict[str, Any]:
    """A circle for each of the `visible` optima, its area the basin, its colour the value, the one of architecture
    `selected` with a red edge; an arrow where one edit leads out of it, in UP if to a better one, the wider the more
    edits do."""
    positions = visible(optima)
    places = _places(optima, positions)
    labels = space.number_labels(optima.rows[positions])
    nodes = [
        {
            "id": str(i),
            "name": f"{space.noun} {label}",
            "x": x,
            "y": y,
            "value": float(optima.values[i]),
            "symbolSize": 9 + 75 * float(optima.basin[i]) ** 0.5,
            "tooltip": {"formatter": _tip(space, optima, quantity, i, label)},
        }
        for i, label, (x, y) in zip(positions.tolist(), labels, places, strict=True)
    ]
    nodes[0] |= {"label": {"show": True, "formatter": "best"}}
    for k in np.flatnonzero(positions == optima.end[selected]) if selected >= 0 else ():
        nodes[k]["itemStyle"] = {"borderColor": palette.SELECTED, "borderWidth": 4}
    inner = np.isin(optima.edges, positions).all(1)
    links = []
    for (a, b), share in zip(optima.edges[inner].tolist(), optima.escape[inner].tolist(), strict=True):
        up = b < a and optima.values[a] != optima.values[b]
        style = {"color": UP if up else palette.OPTIMUM, "width": 1 + 6 * share, "opacity": 0.75 if up else 0.4}
        tip = {"formatter": f"{100 * share:.0f} % of the edits lead there"}
        links.append({"source": str(a), "target": str(b), "lineStyle": style, "tooltip": tip})
    values = optima.values[positions]
    return {
        **STILL,
        "tooltip": {"confine": True},
        "visualMap": _scale(float(values.min()), float(values.max())),
        "series": [
            {
                "type": "graph",
                "layout": "none",
                "roam": False,
                "left": 50,
                "right": 50,
                "top": 28,
                "bottom": 66,
                "preserveAspect": "contain",
                "data": nodes,
                "links": links,
                "selectedMode": "single",
                "select": {"itemStyle": {"borderColor": palette.SELECTED, "borderWidth": 3}},
                "itemStyle": {"borderColor": palette.OPTIMUM, "borderWidth": 1, "opacity": 1},
                "edgeSymbol": ["none", "arrow"],
                "edgeSymbolSize": 7,
                "lineStyle": {"curveness": 0.15},
                "label": {"position": "top", "fontWeight": "bold"},
                "emphasis": {"focus": "adjacency", "label": {"show": True, "formatter": "{b}"}},
            }
        ],
    }


def _places(optima: Optima, positions: np.ndarray) -> list[tuple[float, float]]:
    """Of each of the drawn optima: near those that one edit leads to, or from which one leads to it."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(positions.tolist())
    inner = np.isin(optima.edges, positions).all(1)
    for (a, b), share in zip(optima.edges[inner].tolist(), optima.escape[inner].tolist(), strict=True):
        graph.add_edge(a, b, weight=share + graph.get_edge_data(a, b, {"weight": 0})["weight"])
    places = nx.spring_layout(graph, k=2.2 / len(positions) ** 0.5, iterations=120, seed=1)
    return [(round(float(x), 4), round(float(y), 4)) for x, y in (places[i] for i in positions.tolist())]


def _tip(space: SearchSpace, optima: Optima, quantity: Quantity, i: int, label: str) -> str:
    width = f" and {optima.width[i] - 1} equal beside it" if optima.width[i] > 1 else ""
    return "<br>".join(
        (
            f"<b>{escape(f'{space.noun} {label}{width}')}</b>",
            f"{escape(quantity.title)}: {optima.values[i]:.4g} {escape(quantity.unit)}",
            f"rank {i + 1} of {len(optima):,} local optima",
            f"basin: {100 * optima.basin[i]:.2g} % of all {space.noun}s",
        )
    )


def frame_of(space: SearchSpace, optima: Optima, quantity: Quantity) -> pd.DataFrame:
    """A row for each local optimum, best first."""
    columns = {
        "number": optima.rows,
        quantity.label: optima.values,
        "basin (%)": 100 * optima.basin,
        f"equal {space.noun}s": optima.width,
        "one edit leads to a better one": optima.left_upwards,
        "architecture": [space.text(space.arch(int(row))) for row in optima.rows],
    }
    return pd.DataFrame(columns)


def walk(correlations: np.ndarray) -> dict[str, Any]:
    """The correlation (float64[lags]) of the values at the ends of a random walk, over its length from 0 on."""
    points = [[lag, round(float(r), 4)] for lag, r in enumerate((1.0, *correlations))]
    return {
        **STILL,
        "grid": {**GRID, "left": 28},
        "tooltip": {"trigger": "axis", "valueFormatter": "%.3f", "confine": True},
        "xAxis": axis("edits", minInterval=1, max=len(correlations)),
        "yAxis": {"type": "value", **axis_title("correlation", 34)},
        "series": [
            {"type": "line", "name": "correlation", "data": points, "color": INK, "symbol": "circle", "symbolSize": 7}
        ],
    }


def way(apart: np.ndarray, values: np.ndarray, quantity: Quantity) -> dict[str, Any]:
    """How the values (float[n], nan left out) are distributed at each distance (int64[n]) from the best."""
    present, name = ~np.isnan(values), with_unit(quantity.title, quantity.unit)
    steps = np.unique(apart[present])
    boxes = [[float(q) for q in np.quantile(values[present & (apart == step)], QUANTILES)] for step in steps]
    return {
        **STILL,
        "grid": {**GRID, "left": 32},
        "tooltip": {"confine": True, "valueFormatter": "%.4g"},
        "xAxis": {
            **axis_title("edits to the best"),
            "splitLine": {"show": False},
            "type": "category",
            "data": [str(step) for step in steps],
        },
        "yAxis": {"type": "value", "scale": True, **axis_title(name, 38)},
        "series": [
            {
                "type": "boxplot",
                "name": name,
                "data": boxes,
                "dimensions": ["edits", "5 %", "25 %", "median", "75 %", "95 %"],
                "itemStyle": {"color": f"{INK}55", "borderColor": "#3D8AC1", "borderWidth": 1.5},
            }
        ],
    }


def effects(space: SearchSpace, effects: np.ndarray, quantity: Quantity) -> dict[str, Any]:
    """A row for each decision, a point for each option at what it adds to the mean (float64[decisions, options])."""
    names = space.option_names
    series: list[dict[str, Any]] = []
    for name in names:
        places = [(i, options.index(name)) for i, options in enumerate(space.options) if name in options]
        data = [[round(float(effects[i, k]), 4), space.decisions[i]] for i, k in places if not np.isnan(effects[i, k])]
        series.append(
            {
                "type": "scatter",
                "name": palette.short(name),
                "color": palette.option(name),
                "symbolSize": 14,
                "itemStyle": {"opacity": 1, "borderColor": palette.OPTIMUM, "borderWidth": 0.5},
                "data": data,
            }
        )
    series[0]["markLine"] = {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": palette.OPTIMUM, "type": "dashed"},
        "data": [{"xAxis": 0}],
    }
    unit = "points" if quantity.unit == "%" else quantity.unit
    option: dict[str, Any] = {
        **STILL,
        "grid": {**GRID, "top": 44},
        "legend": {"type": "scroll", "top": 0, "left": 0},
        "tooltip": {"confine": True, "formatter": f"{{@[1]}}, {{a}}: {{@[0]}} {escape(unit)}"},
        "xAxis": axis(with_unit("difference from the mean", unit)),
        "yAxis": {
            "type": "category",
            "data": list(space.decisions),
            "inverse": True,
            "axisTick": {"show": False},
            "splitLine": {"show": True},
        },
        "series": series,
    }
    return with_whole_legend(option)


def interactions(space: SearchSpace, variance: Variance) -> dict[str, Any]:
    """A square for each pair of decisions, and one for each alone on the diagonal: percent of the variance."""
    share = np.round(100 * (variance.pairs + np.diag(variance.alone)), 1) + 0.0  # no minus before a zero
    count, long = len(space.decisions), max(map(len, space.decisions)) > 5
    data = [
        {"value": [j, i, float(share[i, j])], "label": {"formatter": f"{share[i, j]:.1f}"}}
        for i in range(count)
        for j in range(i + 1)
    ]
    either = {
        "type": "category",
        "data": list(space.decisions),
        "splitLine": {"show": False},
        "axisTick": {"show": False},
    }
    return {
        **STILL,
        "grid": {**GRID, "bottom": 44},
        "tooltip": {"confine": True, "formatter": "{@[1]} and {@[0]}: {@[2]} % of the variance"},
        "visualMap": _scale(0.0, float(share.max())),
        "xAxis": {**either, "axisLabel": {"interval": 0, "hideOverlap": False, "rotate": 35 if long else 0}},
        "yAxis": {**either, "inverse": True},
        "series": [
            {
                "type": "heatmap",
                "data": data,
                "label": {"show": True},
                "itemStyle": {"borderWidth": 1, "borderColor": palette.OPTIMUM},
            }
        ],
    }


def _scale(low: float, high: float) -> dict[str, Any]:
    """The legend of a colour for numbers from low to high."""
    return {
        "type": "continuous",
        "min": low,
        "max": high if high > low else low + 1,
        "text": [f"{high:.4g}", f"{low:.4g}"],
        "calculable": False,
        "orient": "horizontal",
        "left": "center",
        "bottom": 0,
        "itemHeight": 120,
        "inRange": {"color": list(palette.STOPS)},
    }
