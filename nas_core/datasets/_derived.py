"""The datasets that follow from what an import left in the data folder."""

from __future__ import annotations

from nas_core.datasets.own import folders

derived = folders.own_datasets
