"""The shared passes of many cell networks at once: one grouped network, whose tensors are cut into those of each cell.

On a GPU a small network leaves most of the device idle; k of them side by side do not. Cells never mix in the grouped
network, so the gradient of the sum of their losses holds the gradient of each, and its Hessian has no entry between
two of them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import conv_transpose2d, cross_entropy

from nas_core.nets.batched import BatchedCell, BatchedCellNetwork
from nas_core.nets.cell_network import CellNetwork
from nas_core.proxies._layers import flows, gradients
from nas_core.proxies.passes import (
    CURVATURE,
    FLOW,
    FORWARD,
    GRADIENTS,
    INPUT_GRADIENTS,
    SALIENCY,
    SECOND_GRADIENTS,
    SIGNS,
    Batch,
    Passes,
)

Owned = tuple[torch.Tensor, range]  # a tensor of some cells side by side, and which cells
READS = {
    FORWARD: (),
    SIGNS: (FORWARD,),
    GRADIENTS: (FORWARD,),
    SALIENCY: (GRADIENTS,),
    CURVATURE: (GRADIENTS,),
    INPUT_GRADIENTS: (FORWARD,),
    SECOND_GRADIENTS: (),
    FLOW: (),
}


def fits(networks: Sequence[nn.Module]) -> bool:
    """True if `fill` can make the passes of these networks together: cells that read images."""
    return all(isinstance(net, CellNetwork) and net.reader.kind == "image" for net in networks)


def fill(passes: Sequence[Passes], networks: Sequence[CellNetwork], needs: Collection[str]) -> None:
    """Make the passes `needs` of all `networks` in one go, and give each of `passes` its own.

    `passes` belong to `networks` one to one and share their batches; the networks differ in their operations only, and
    neighbours should have as many of them in common as possible.
    """
    together, first = _Together(networks, passes[0].first, needs), passes[0]
    for name, make in together.steps(passes[0].second):
        began = first.now()
        parts = make()
        seconds = (first.now() - began) / len(networks)
        for one, part in zip(passes, parts, strict=True):
            one.give(name, part, seconds, READS[name])


class _Together:
    """k networks as one; a list that a method returns has one item for each of them."""

    def __init__(self, networks: Sequence[CellNetwork], batch: Batch, needs: Collection[str]) -> None:
        self.k, self.batch, self.needs = len(networks), batch, set(needs) & set(READS)
        self.net = BatchedCellNetwork(networks).to(batch.images.device).train()
        owners = dict(_owners(self.net, self.k))
        self.stem: Any = self.net.body[0]
        self.convs = [(m, cells) for m, cells in owners.items() if isinstance(m, nn.Conv2d)]
        self.relus = [(m, cells) for m, cells in owners.items() if isinstance(m, nn.ReLU)]
        self.weights = self._weights(self.net)

    def steps(self, second: Batch) -> Iterator[tuple[str, Callable[[], list[Any]]]]:
        """(pass, what makes it), in an order in which each finds what it reads."""
        makers: dict[str, Callable[[], list[Any]]] = {
            FORWARD: self.forward,
            SIGNS: self.signs,
            GRADIENTS: self.gradients,
            SALIENCY: self.saliency,
            CURVATURE: self.curvature,
            INPUT_GRADIENTS: self.input_gradients,
            SECOND_GRADIENTS: lambda: self.second_gradients(second),
            FLOW: self.flow,
        }
        required = self.needs | {pass_ for name in self.needs for pass_ in READS[name]}
        if GRADIENTS in required:
            required.add(FORWARD)
        yield from ((name, make) for name, make in makers.items() if name in required)

    def forward(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """(images, logits)"""
        self.outputs: list[Owned] = []  # of convolutions
        self.inputs: list[Owned] = []  # of ReLUs
        hooks = [m.register_forward_hook(_note(self.outputs, cells)) for m, cells in self.convs]
        if SIGNS in self.needs:
            hooks += [m.register_forward_pre_hook(_note(self.inputs, cells)) for m, cells in self.relus]
            hooks.append(self.net.head.norm.register_forward_hook(_note(self.inputs, range(self.k))))
        self.logits = self.net(self.batch.images)
        for hook in hooks:
            hook.remove()
        return [(self.batch.images, logits) for logits in self.logits.detach()]

    def signs(self) -> list[list[torch.Tensor]]:
        return self._split(((x > 0, cells) for x, cells in self.inputs), 1, lambda signs: signs.flatten(1))

    def gradients(self) -> list[list[torch.Tensor]]:
        extra = [*(output for output, _ in self.outputs), self.logits] if SALIENCY in self.needs else []
        all_gradients = gradients(
            self._loss(self.logits, self.batch),
            [*self.weights, *extra],
            retain_graph=True,
            create_graph=CURVATURE in self.needs,
        )
        n = len(self.weights)
        self.first, self.output_gradients = all_gradients[:n], all_gradients[n:]
        return self._of_weights([g.detach() for g in self.first])

    def saliency(self) -> list[list[torch.Tensor]]:
        *maps, logits = self.output_gradients
        pairs = zip(self.outputs, maps, strict=True)
        products = (((x.detach() * g.detach()).flatten(2).sum(2), cells) for (x, cells), g in pairs)
        parts = self._split(products, 1)
        for cell, last in zip(parts, self.logits.detach() * logits.detach(), strict=True):
            cell.append(last)
        return parts

    def curvature(self) -> list[list[torch.Tensor]]:
        along = torch.stack([(g.detach() * g).sum() for g in self.first]).sum()
        if not along.requires_grad:
            return self._of_weights([torch.zeros_like(w) for w in self.weights])
        return self._of_weights(gradients(along, self.weights, retain_graph=True))

    def input_gradients(self) -> list[torch.Tensor]:
        """Every cell reads the same images, so their gradients are separated behind the first convolution."""
        conv = self.stem[0]
        (gradient,) = gradients(self.logits.sum(), [self.outputs[0][0]], retain_graph=True)
        images = conv_transpose2d(
            gradient, conv.weight.detach(), stride=conv.stride, padding=conv.padding, groups=self.k
        )
        return [part.flatten(1) for part in images.chunk(self.k, 1)]

    def second_gradients(self, second: Batch) -> list[list[torch.Tensor]]:
        return self._of_weights(gradients(self._loss(self.net(second.images), second), self.weights))

    def flow(self) -> list[list[torch.Tensor]]:
        return self._of_weights(flows(copy.deepcopy(self.net), self.batch.images, self._weights))

    def _weights(self, net: Any) -> list[torch.Tensor]:
        """Of every convolution, in the order of `convs`, and of the head."""
        return [m.weight for m, _ in _owners(net, self.k) if isinstance(m, nn.Conv2d)] + [net.head.weight]

    def _loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Sum over cells of the mean cross-entropy."""
        labels = batch.labels.repeat(self.k)
        return cross_entropy(logits.flatten(0, 1), labels, reduction="sum") / len(batch.labels)

    def _of_weights(self, values: Sequence[torch.Tensor]) -> list[list[torch.Tensor]]:
        """What belongs to each weight of each network, in the order of `Passes.weights`."""
        *convs, head = values
        owners = (cells for _, cells in self.convs)
        parts = self._split(zip(convs, owners, strict=True), 0)
        for cell, last in zip(parts, head, strict=True):
            cell.append(last.T)
        return parts

    def _split(
        self, values: Iterable[Owned], axis: int, change: Callable[[torch.Tensor], torch.Tensor] = lambda part: part
    ) -> list[list[torch.Tensor]]:
        """The parts of each network, in order."""
        parts: list[list[torch.Tensor]] = [[] for _ in range(self.k)]
        for value, cells in values:
            for cell, part in zip(cells, value.chunk(len(cells), axis), strict=True):
                parts[cell].append(change(part))
        return parts


def _owners(net: Any, k: int) -> Iterator[tuple[nn.Module, range]]:
    """(module, the cells that it computes) of everything before the head, in the order of a single network."""
    for layer in net.body:
        if not isinstance(layer, BatchedCell):
            yield from ((module, range(k)) for module in layer.modules())
            continue
        edges: Any = layer.edges
        for edge in edges:
            at = 0
            for run, size in zip(edge.runs, edge.sizes, strict=True):
                cells = range(at, at := at + size * k // sum(edge.sizes))
                yield from ((module, cells) for module in run.modules())


def _note(into: list[Owned], cells: range) -> Callable[..., None]:
    """A hook that keeps a module's output, or before the call its input."""

    def hook(_: nn.Module, inputs: tuple[torch.Tensor, ...], *output: torch.Tensor) -> None:
        into.append((output[0] if output else inputs[0], cells))

    return hook
