"""What the numbers of a run follow from, as its first event has it, so that a run notices when that was replaced."""

from __future__ import annotations

import hashlib

from nas_core import plugins
from nas_core.benchmarks import Benchmark, Table
from nas_core.benchmarks.tables.added_columns import MARK
from nas_core.datasets import Dataset
from nas_core.datasets.own import OwnDataset


def mark(benchmark: Benchmark) -> str:
    """The fingerprint of the benchmark of a run, as `runner.check` makes it, and after a + that of what is the user's
    and can be replaced: the data of real trainings, and columns that the run names."""
    own = _own(benchmark)
    return f"{benchmark.fingerprint()}+{own}" if own else benchmark.fingerprint()


def replaced(benchmark: Benchmark, before: str) -> str:
    """What is no longer what it was when a run of that `mark` began, in words; "" if nothing. Runs of older versions
    say nothing of what is the user's."""
    table, _, own = before.partition("+")
    if table != (now := benchmark.fingerprint()):
        return f"the numbers of {benchmark.name} have changed (table {table or 'none'}, now {now or 'none'})"
    return "data or columns of yours that it reads have been replaced" if own and own != _own(benchmark) else ""


def _own(benchmark: Benchmark) -> str:
    if isinstance(benchmark, Table):
        names = sorted(name for name in benchmark.local_metrics if name.startswith(MARK))
        columns = [benchmark.column(name).tobytes() for name in names]
        return hashlib.sha256(b"".join(columns)).hexdigest()[:12] if columns else ""
    data = plugins.find(Dataset).get(benchmark.dataset)  # type: ignore[type-abstract]
    return str(data.info["fingerprint"])[:12] if data is not None and issubclass(data, OwnDataset) else ""
