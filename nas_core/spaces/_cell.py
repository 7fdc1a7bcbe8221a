"""The cell of NAS-Bench-201 (arXiv:2001.00326): its operations, by index, and its edges."""

from __future__ import annotations

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))  # (node, the node it reads)
NONE, SKIP, CONV1, CONV3, POOL = range(5)
