"""Zero-cost proxies: scores of an untrained network that may tell how well it would train."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from nas_core import plugins

if TYPE_CHECKING:
    from torch import nn


class Proxy(plugins.Plugin, ABC):
    """Scores a network on one batch, images or tokens; higher means better.

    The network is given back as it came: weights, buffers, gradients, mode and random state.
    """

    needs: ClassVar[frozenset[str]] = frozenset()  # the shared passes it reads, such as "gradients"

    @abstractmethod
    def score(self, net: nn.Module, passes: Any) -> float:
        """The score of `net`; not finite where the proxy is undefined, which ranks worst."""
