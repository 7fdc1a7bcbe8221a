"""Arrays and histories in, pictures out: Altair charts, ECharts options, SVG text. Pure functions, no Streamlit."""

from typing import Any

CELL = "cell"  # the column with the numbers of architectures, and the selection of one, where each is a point


def axis_title(name: str, gap: int = 26) -> dict[str, Any]:
    """Of an ECharts axis: the title along its middle, `gap` pixels away."""
    return {"name": name, "nameLocation": "middle", "nameGap": gap}
