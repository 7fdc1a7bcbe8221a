"""Zero-cost proxies: scores of an untrained network that may tell how well it would train."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nas_core import plugins

if TYPE_CHECKING:
    from torch import nn

    from nas_core.proxies.passes import Passes

GROUPS = {
    "baseline": "size, the bar to clear",
    "core": "established proxies",
    "extended": "more proxies",
    "ensemble": "several proxies joined by rank",
    "control": "controls that should not work",
    "part": "parts of ensembles",
}  # in the order of menus


class Proxy(plugins.Plugin, ABC):
    """Scores a network on one batch, images or tokens; higher means better.

    The network is given back as it came: weights, buffers, gradients, mode and random state. The same network, batch
    and seed give the same score, whichever other proxies are asked.
    """

    requires = ("torch",)

    group: ClassVar[str] = "core"  # one of GROUPS
    paper: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset()  # the shared passes it reads, see `Passes`; none: no image is used
    shared: ClassVar[bool] = True  # False if isomorphic cells may differ, because it counts edges that lead nowhere

    @abstractmethod
    def score(self, net: nn.Module, passes: Passes) -> float:
        """The score of `net`; not finite where the proxy is undefined, which ranks worst.

        ValueError in one sentence for a kind of network that it cannot score.
        """


class Ensemble(Proxy):
    """Ranks networks among each other by what its members say: no network has a score of its own."""

    group = "ensemble"
    members: ClassVar[tuple[str, ...]]

    def score(self, net: nn.Module, passes: Passes) -> float:
        """ValueError: there is nothing to rank among."""
        raise ValueError(f"{self.name} ranks several networks by {', '.join(self.members)}; it cannot score one alone")

    @abstractmethod
    def combine(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """float64[n] from float64[n] of every member, higher is better; it holds among these n only."""


def create(name: str, /, **params: Any) -> Proxy:
    """Make the proxy `name`."""
    return plugins.create(Proxy, name, **params)


def ranks(values: np.ndarray) -> np.ndarray:
    """float64[n]: 1 for the worst to n for the best, ties share their mean; what is not finite is worst."""
    from scipy.stats import rankdata

    return rankdata(np.where(np.isfinite(values), values, -np.inf))


def alone() -> tuple[str, ...]:
    """The proxies that can score one network, so none of the ensembles."""
    return tuple(n for n, plugin in plugins.find(Proxy).items() if not issubclass(plugin, Ensemble))
