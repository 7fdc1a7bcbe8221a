"""Bayesian optimisation with a Gaussian process (Snoek et al., NeurIPS 2012, arXiv:1206.2944) on the decisions."""

from __future__ import annotations

from nas_core.strategies._gp_search import GPSearch


class GPHammingSearch(GPSearch):
    """Asks where a Gaussian process expects most improvement; architectures are alike if most decisions are equal.

    The kernel is a Hamming distance with a learned weight for each decision. Candidates are mutants of the best, since
    that, more than the model, is what makes Bayesian optimisation of architectures work (arXiv:2107.07343). Differs
    from the paper: a Hamming kernel in place of the Matérn 5/2, one best setting of it in place of an average over
    many, and the logarithm of the error is modelled where the objective is an accuracy.
    """

    label = "GP, Hamming kernel"
    aliases = ("BO", "Bayesian optimization")
    paper = "Snoek et al. 2012, arXiv:1206.2944"
    kernel = "gp_hamming"
