"""The forward and backward passes that proxies share: each is made once, when the first proxy reads it.

Everything happens on a copy of the network in training mode (batch normalisation by the batch), so the network itself
is never touched. Random numbers come from generators of their own, so neither torch's global state nor the other
proxies matter.
"""

from __future__ import annotations

import copy
import time
import zlib
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from nas_core.proxies._layers import WEIGHTED, flows, gradients, weights

FORWARD = "forward"  # (images, logits) of the first batch
GRADIENTS = "gradients"  # ∂loss/∂weight of the first batch
SECOND_GRADIENTS = "second gradients"  # of the second batch
CURVATURE = "curvature"  # Hessian times gradient, first batch
SALIENCY = "saliency"  # activation times gradient of every convolution and linear layer
INPUT_GRADIENTS = "input gradients"  # ∂(sum of logits)/∂image
SIGNS = "signs"  # which ReLU units are active
FLOW = "flow"  # of a positive network without normalisation, see `_layers.flows`

T = TypeVar("T")


class Batch(NamedTuple):
    """Images float32[n, channels, size, size] or other inputs, see `datasets.KINDS`, and labels int64[n]."""

    images: torch.Tensor
    labels: torch.Tensor


class Passes:
    """What proxies read of one network on two batches.

    Sequences and texts are images of height 1 to them; the pixels of a text are its embeddings, see `entrance`.
    needs: the shared passes that will be read; ValueError for any other. seed: of the proxies' own random numbers.
    thin: makes the architecture's network of one channel and one cell a stage, for those that count regions.
    """

    def __init__(
        self,
        net: nn.Module,
        first: Batch,
        second: Batch,
        needs: Collection[str] = (),
        seed: int = 0,
        thin: Callable[[], nn.Module] | None = None,
    ) -> None:
        self._net, self.needs, self.seed, self._thin = net, needs, seed, thin
        self.first, self.second = (Batch(entrance(net, b.images), b.labels) for b in (first, second))
        self._passes: dict[str, _Pass] = {}
        self._account = _Account()
        self._signs: list[torch.Tensor] = []
        self._saliency: list[torch.Tensor] = []
        self._listening = False

    def clear(self) -> None:
        """Forget every pass: their graphs and hooks hold each other, and Python cannot see that nobody needs them."""
        self.__dict__.pop("_network", None)
        for store in (self._passes, self._signs, self._saliency):
            store.clear()

    def timed(self, call: Callable[[], float]) -> tuple[float, float]:
        """(what `call` returns, the seconds it would have taken alone: with every pass it reads, shared or not)."""
        self._account, began = _Account(), self.now()
        value = call()
        own = self.now() - began - self._account.inside
        return value, own + sum(self._passes[name].seconds for name in self._behind(self._account.names))

    def now(self) -> float:
        """A clock in seconds, see `now`."""
        return now(self.first.images.device.type)

    def give(self, name: str, value: Any, seconds: float, reads: Collection[str] = ()) -> None:
        """Take the pass `name` from elsewhere: what it is, its own seconds, and the passes that it was made of."""
        self._passes[name] = _Pass(value, seconds, frozenset(reads))
        if name == SIGNS:
            self._signs[:] = value
        if name == SALIENCY:
            self._saliency[:] = value

    def shared(self, name: str, make: Callable[[], T]) -> T:
        """What `make()` returns, made once for all that read `name`."""
        if name not in self._passes:
            outer, self._account = self._account, _Account()
            began = self.now()
            value = make()
            took = self.now() - began
            self._passes[name] = _Pass(value, took - self._account.inside, frozenset(self._account.names))
            self._account = outer
            outer.inside += took
        self._account.names.add(name)
        return cast(T, self._passes[name].value)

    def copy(self) -> nn.Module:
        """A copy of the network to change at will, in training mode."""
        return copy.deepcopy(self._net).train()

    def thin(self) -> nn.Module:
        """The same architecture with one channel and one cell a stage; ValueError where there is none."""
        if self._thin is None:
            raise ValueError("counting regions needs a network of one channel, which this space does not have")
        return self._thin()

    def generator(self, name: str) -> torch.Generator:
        """Random numbers for `name` alone, on the CPU."""
        return torch.Generator().manual_seed(zlib.crc32(f"{name} {self.seed}".encode()))

    def noise(self, name: str, *shape: int) -> torch.Tensor:
        """float32[shape] standard normal numbers for `name`, on the network's device."""
        return torch.randn(*shape, generator=self.generator(name)).to(self.first.images.device)

    @property
    def weights(self) -> list[torch.Tensor]:
        """The weight of every convolution and linear layer, in order; biases and normalisations are not among them."""
        return weights(self._network)

    @property
    def gradients(self) -> list[torch.Tensor]:
        """float32 as each of `weights`: ∂(mean cross-entropy)/∂weight; zeros where the loss does not depend on it."""
        self._check(GRADIENTS)
        return [g.detach() for g in self._first_order]

    @property
    def second_gradients(self) -> list[torch.Tensor]:
        """The same on the second batch."""
        self._check(SECOND_GRADIENTS)
        return self.shared(SECOND_GRADIENTS, self._make_second_gradients)

    @property
    def curvature(self) -> list[torch.Tensor]:
        """Hessian of the loss times its gradient, restricted to `weights`, as one tensor for each."""
        self._check(CURVATURE)
        return self.shared(CURVATURE, self._make_curvature)

    @property
    def saliency(self) -> list[torch.Tensor]:
        """float32[n, channels] of every convolution and linear layer: Σ over its map of output × ∂loss/∂output.

        In the order of the backward pass, without the layers on which the loss does not depend.
        """
        self._check(SALIENCY)
        _ = self._first_order
        return self._saliency

    @property
    def input_gradients(self) -> torch.Tensor:
        """float32[n, pixels]: ∂(sum of all logits)/∂image."""
        self._check(INPUT_GRADIENTS)
        return self.shared(INPUT_GRADIENTS, self._make_input_gradients)

    @property
    def signs(self) -> list[torch.Tensor]:
        """bool[n, units] of every ReLU of the network, in the order they are computed: is its input positive?"""
        self._check(SIGNS)
        _ = self._forward
        return self._signs

    @property
    def flow(self) -> list[torch.Tensor]:
        """weight × gradient, float64, of each of `weights` where all are positive and nothing is normalised."""
        self._check(FLOW)
        return self.shared(FLOW, self._make_flow)

    def _check(self, name: str) -> None:
        if name not in self.needs:
            raise ValueError(f"a proxy reads the pass {name!r} without saying so in `needs`")

    @cached_property
    def _network(self) -> nn.Module:
        net = self.copy()
        for module in net.modules():
            if isinstance(module, nn.ReLU) and SIGNS in self.needs:
                module.register_forward_hook(self._note_signs)
            if isinstance(module, WEIGHTED) and SALIENCY in self.needs:
                module.register_forward_hook(self._note_saliency)
        return net.requires_grad_()

    @property
    def _forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(images, logits) of the first batch, part of one graph."""
        return self.shared(FORWARD, self._make_forward)

    @property
    def _first_order(self) -> list[torch.Tensor]:
        return self.shared(GRADIENTS, self._make_first_order)

    def _make_forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        images = self.first.images.clone().requires_grad_(INPUT_GRADIENTS in self.needs)
        return images, self._network(images)

    def _make_first_order(self) -> list[torch.Tensor]:
        loss = cross_entropy(self._forward[1], self.first.labels)
        self._listening = True
        first_order = gradients(loss, self.weights, retain_graph=True, create_graph=CURVATURE in self.needs)
        self._listening = False
        return first_order

    def _make_second_gradients(self) -> list[torch.Tensor]:
        net = self.copy().requires_grad_()
        return gradients(cross_entropy(net(self.second.images), self.second.labels), weights(net))

    def _make_curvature(self) -> list[torch.Tensor]:
        along = torch.stack([(g.detach() * g).sum() for g in self._first_order]).sum()
        if not along.requires_grad:
            return [torch.zeros_like(w) for w in self.weights]
        return gradients(along, self.weights, retain_graph=True)

    def _make_input_gradients(self) -> torch.Tensor:
        images, logits = self._forward
        (gradient,) = gradients(logits.sum(), [images], retain_graph=True)
        return gradient.flatten(1)

    def _make_flow(self) -> list[torch.Tensor]:
        return flows(self.copy(), self.first.images, weights)

    def _note_signs(self, _: nn.Module, inputs: tuple[torch.Tensor, ...], __: torch.Tensor) -> None:
        self._signs.append((inputs[0] > 0).flatten(1))

    def _note_saliency(self, _: nn.Module, __: tuple, output: torch.Tensor) -> None:
        value = output.detach()

        def note(gradient: torch.Tensor) -> None:
            if self._listening:
                product = value * gradient.detach()
                self._saliency.append(product.flatten(2).sum(2) if product.dim() > 2 else product)

        output.register_hook(note)

    def _behind(self, names: Collection[str]) -> set[str]:
        """`names` and all passes that those read."""
        return set().union(names, *(self._behind(self._passes[name].names) for name in names))


class _Pass(NamedTuple):
    """What a shared pass gave, the seconds it took by itself, and the passes it read."""

    value: Any
    seconds: float
    names: frozenset[str]


class _Account:
    """What is read by the call that is being timed, and the seconds it spends in making shared passes."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.inside = 0.0


def now(device: str) -> float:
    """A clock in seconds: of this thread on the CPU, which other work on the machine does not make slower; on a GPU of
    everything that was asked of it, once that is done."""
    if device == "cpu":
        return time.thread_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def entrance(net: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """What the first layer of `net` reads, float32[n, channels, h, w]: an image as it is, a text as its embeddings."""
    reader = getattr(net, "reader", None)
    if reader is None:
        return inputs
    with torch.no_grad():
        return reader(inputs)
