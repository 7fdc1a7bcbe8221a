"""NASBOWL: Bayesian optimisation with a Weisfeiler-Lehman graph kernel (Ru et al., ICLR 2021, arXiv:2006.07556)."""

from __future__ import annotations

from nas_core.strategies._gp_search import GPSearch


class GPWLSearch(GPSearch):
    """Asks where a Gaussian process expects most improvement; cells are alike if they share small sub-networks.

    Dead edges do not count and isomorphic cells are one. A space whose decisions are not edges of a graph is taken as
    a chain of them. Batches, expected improvement and mutants of the best as candidates are the paper's; the model
    differs from it as the predictor of this name says.
    """

    label = "GP, graph kernel"
    aliases = ("NAS-BOWL", "Weisfeiler-Lehman kernel")
    paper = "Ru et al. 2021, arXiv:2006.07556"
    kernel = "gp_wl"
