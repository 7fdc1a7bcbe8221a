"""Published numbers beside ours, as a table and as distances in standard errors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

from nas_core.charts import palette
from nas_core.studies.reproduce import AGREES, Reproduction

SIGNS = {"agrees": "✓ agrees", "differs": "✗ differs", "not checked": "? not checked", "fitted": "≈ fitted"}
COLOURS = dict(zip(SIGNS.values(), ("#009E73", "#D55E00", palette.OPTIMUM, "#0072B2"), strict=True))


def frame_of(rows: Sequence[Reproduction]) -> pd.DataFrame:
    """One line a row, numbers written with the digits they were published with."""
    return pd.DataFrame(
        {
            "number": row.name,
            "dataset": row.dataset,
            "published": _text(row.published, row),
            "ours": _text(row.ours, row),
            "± se": f"{row.se:.3f}" if row.se > 0 else None,
            "difference (se)": None if math.isnan(row.z) else round(row.z, 1),
            "result": SIGNS.get(row.result, row.result),
            "mark": row.mark,
            "what is not the same": row.differs,
            "source": row.source,
        }
        for row in rows
    )


def _text(value: float, row: Reproduction) -> str | None:
    if math.isnan(value):
        return None
    return f"{value:.0f}" if row.name == "local maxima" else f"{value:.2f}" if row.published >= 1 else f"{value:.3f}"


def distances(rows: Sequence[Reproduction]) -> alt.LayerChart:
    """How far ours lies from the published mean in standard errors of the difference; within ±3 they agree."""
    frame = pd.DataFrame(
        {
            "search": row.name,
            "about": f"{row.dataset}, {row.name.rpartition(': ')[2].partition(' ')[0]}",
            "z": row.z,
            "result": SIGNS.get(row.result, row.result),
            "published": row.published,
            "ours": row.ours,
        }
        for row in rows
        if not math.isnan(row.z)
    )
    reach = max(AGREES + 1, float(frame["z"].abs().max()) + 0.5)
    x = alt.X("z:Q", title="ours minus published, in standard errors", scale=alt.Scale(domain=[-reach, reach]))
    y = alt.Y(
        "search:N", sort=frame["search"].tolist(), title=None, axis=alt.Axis(labels=False, ticks=False, grid=True)
    )
    labels = list(COLOURS)
    colour = alt.Color(
        "result:N",
        title=None,
        legend=alt.Legend(orient="top"),
        scale=alt.Scale(domain=labels, range=[COLOURS[s] for s in labels]),
    )
    tips = ["search", "about", alt.Tooltip("published", format=".2f"), alt.Tooltip("ours", format=".2f")]
    band = pd.DataFrame({"low": [-AGREES], "high": [AGREES]})
    names = alt.Chart(frame).mark_text(align="left", dx=4, dy=-9, fontSize=11, color=palette.OPTIMUM)  # narrow screens
    return alt.layer(
        alt.Chart(band).mark_rect(color=palette.OPTIMUM, opacity=0.15).encode(x="low:Q", x2="high:Q"),
        names.encode(x=alt.datum(-reach), y=y, text="search:N"),
        alt.Chart(frame)
        .mark_point(filled=True, size=90, yOffset=6, opacity=1)
        .encode(x=x, y=y, color=colour, shape=alt.Shape("result:N", title=None), tooltip=tips),
    ).properties(height=alt.Step(32))
