"""The energy of the pocket tables is a formula over counted numbers, and says so."""

import numpy as np

from nas_core import benchmarks


def test_it_is_the_stated_formula_and_labelled_as_modelled():
    table = benchmarks.table("pocket_topology", "cluttered_digits")
    metric = table.metrics["energy_model_uj"]
    assert metric.source.startswith("modelled: 4.6 pJ for each multiply-add") and "650 pJ" in metric.source
    flops, params = (table.column(name).astype(float)[7000] * 1e6 for name in ("flops_m", "params_m"))
    joules = flops * 4.6e-12 + params * 32 / 64 * 1.3e-9
    energy = table.column("energy_model_uj")
    assert np.isclose(energy[7000] * 1e-6, joules) and metric.unit == "µJ"
    assert not energy.flags.writeable and energy.dtype == np.float32
    np.testing.assert_array_equal(table.search_column("energy_model_uj"), energy)  # a search may see it
