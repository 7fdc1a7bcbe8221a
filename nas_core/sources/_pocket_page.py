"""The numbers on a pocket table's page of documentation: computed from the table, so that none is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

BEGIN, END = "<!-- numbers: written by the builder -->", "<!-- end of numbers -->"
_DOCS = Path(__file__).parents[2] / "docs"


def page_of(name: str) -> Path:
    """The page of the table of that name."""
    return _DOCS / f"{name}.md"


def update(name: str, file: Path) -> None:
    """Write the numbers of the table `file` into its page; a copy of the project without that page needs none."""
    page = page_of(name)
    if not page.exists():
        return
    text = page.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{numbers(file)}\n{END}{after}", encoding="utf-8")


def numbers(file: Path) -> str:
    """Markdown: what the table `file` says about itself."""
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    parts = [
        "## Where the numbers come from",
        _markdown(("", ""), [(label, text) for label, text in json.loads(metadata["provenance"]).items()]),
        "## How the columns are spread",
        _markdown(("column", "lowest", "median", "highest"), _spread(columns, int(metadata["epochs"]))),
        "## How much is chance",
        f"Validation accuracies of {json.loads(metadata['noise'])['networks']:,} networks, trained with seeds 0 and 1.",
        _markdown(
            (
                "epoch",
                "Spearman of two seeds",
                "noise in the ranks",
                "standard deviation",
                "largest difference",
                "Spearman with the last epoch",
                "Spearman of validation and test",
            ),
            [_noise(row) for row in json.loads(metadata["noise"])["epochs"]],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _spread(columns: Mapping[str, np.ndarray], epochs: int) -> list[Sequence[str]]:
    names = [name for name in columns if "@" not in name or name.endswith(f"@{epochs}")]
    return [(f"`{name}`", *(f"{q:.4g}" for q in np.quantile(columns[name], [0, 0.5, 1]))) for name in names]


def _noise(row: Mapping[str, float]) -> Sequence[str]:
    return (
        f"{row['epoch']}",
        f"{row['seeds']:.3f}",
        f"{100 * row['share']:.1f} %",
        f"{row['sd']:.2f} points",
        f"{row['largest']:.1f} points",
        f"{row['full']:.3f}",
        f"{row['val_test']:.3f}",
    )


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
