"""The source of one network as a file of plain PyTorch that a person can read: model.py.

It has only the classes and branches that this network uses. Its parameters have the names of the network it is written
from, so that the weights of the one are weights of the other; those of branches that reach no output are left out.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nas_core.export._blocks import CELL, CLASSES, FLAT, IMAGE, KINDS, MAKE, NETWORK, USES
from nas_core.spaces.topology import EDGES

OUTPUT = 3  # the last node of a cell
KERNELS = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}


def model_source(net: Any, title: str) -> str:
    """The text of model.py, whose class Network computes what `net` computes; title: sentences on what it is.

    ValueError in one sentence for a network that consists of other blocks than those of this project's spaces.
    """
    return _Writer(net).text(title)


def network_of(file: Path) -> Any:
    """A new Network of the model.py that is `file`."""
    spec = importlib.util.spec_from_file_location("model", file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Network()


def live_state(net: Any, network: Any) -> dict[str, Any]:
    """Of the state of `net`, what `network`, the Network written from it, has: tensors by name."""
    state = net.state_dict()
    return {name: state[name].detach().cpu().contiguous() for name in network.state_dict()}


class _Writer:
    """Writes one network; `classes` are the names of those that it has needed so far."""

    def __init__(self, net: Any) -> None:
        self.net, self.classes = net, set[str]()
        self.cells: dict[str, str] = {}  # text of a cell's class, without its name: its name
        reader = getattr(net, "reader", None)
        self.kind = "image" if reader is None else reader.kind

    def text(self, title: str) -> str:
        network = self.network()
        parts = [text for name, text in CLASSES.items() if name in self.classes]
        parts += [text.replace("NAME", name) for text, name in self.cells.items()]
        for word, meaning in (IMAGE if self.kind == "image" else FLAT).items():
            parts = [part.replace(word, meaning) for part in parts]
        imports = "import torch\n" * any("torch." in part for part in parts)
        imports += "import torch.nn.functional as F\n" * ("average" in self.classes)
        return f'"""{title}"""\n\n{imports}from torch import nn\n' + "".join(f"\n{part}" for part in [*parts, network])

    def need(self, name: str) -> str:
        self.classes |= {name, *USES.get(name, ())}
        return name

    def network(self) -> str:
        from nas_core.nets.blocks import Head

        layers = [(call, len(list(group))) for call, group in itertools.groupby(map(self.layer, self.net.body))]
        body = [call if count == 1 else f"*({call} for _ in range({count}))" for call, count in layers]
        lines = ["self.body = nn.Sequential(", *(f"    {line}," for line in body), ")"]
        if isinstance(self.net.head, Head):
            lines.append(f"self.head = {self.layer(self.net.head)}")
        else:
            lines += ["self.head = nn.Sequential(", *(f"    {call}," for call in self.row(list(self.net.head))), ")"]
        inlet = {"image": "x", "sequence": "x.unsqueeze(2)", "tokens": "self.reader(x)"}[self.kind]
        if self.kind == "tokens":
            table = self.net.reader.table
            words = f"{self.need('Reader')}({table.num_embeddings}, {table.embedding_dim})"
            lines.insert(0, f"self.reader = {words}")
        assignments = "\n".join(f"        {line}" for line in lines)
        classes = self.net.head[-1].out_features
        return NETWORK.format(kind=KINDS[self.kind], classes=classes, made=assignments, read=inlet)

    def layer(self, layer: Any) -> str:
        """The call that makes a layer, or several ones in a row."""
        from torch import nn

        from nas_core.nets import blocks, cell_network, macro_network

        match layer:
            case blocks.ConvBN():
                conv: Any = layer[0]
                return f"{self.need('ConvNorm')}({conv.in_channels}, {conv.out_channels}, {conv.kernel_size[-1]})"
            case blocks.Reduction():
                conv = layer.get_submodule("conv_a.1")
                return f"{self.need('Reduction')}({conv.in_channels}, {conv.out_channels})"
            case blocks.Head():
                return f"{self.need('Head')}({layer[-1].in_features}, {layer[-1].out_features})"
            case cell_network.Cell():
                return self.cell(layer)
            case macro_network.MobileBlock():
                return self.mobile(layer)
            case macro_network.EveryOther():
                return f"{self.need('EveryOther')}()"
            case nn.Sequential():
                return f"nn.Sequential({', '.join(self.row(list(layer)))})"
            case nn.Identity() | nn.ReLU() | nn.Flatten():
                return f"nn.{type(layer).__name__}()"
            case nn.AdaptiveAvgPool2d():
                return "nn.AdaptiveAvgPool2d(1)"
            case nn.Linear():
                return f"nn.Linear({layer.in_features}, {layer.out_features})"
        raise ValueError(
            f"no model.py can be written for a network with a {type(layer).__name__}; it is written for those of the "
            f"spaces that come with this project"
        )

    def mobile(self, block: Any) -> str:
        """The call that makes a block of MobileNetV2."""
        first, window = block.layers[0], block.layers[3]
        name, widening = (
            "HalvingMobileBlock" if block.halving else "MobileBlock",
            first.out_channels // first.in_channels,
        )
        return f"{self.need(name)}({first.in_channels}, expansion={widening}, kernel={window.kernel_size[0]})"

    def row(self, layers: list[Any]) -> Iterator[str]:
        """The calls that make the layers, one for a convolution and the normalisation behind it."""
        from torch import nn

        while layers:
            layer = layers.pop(0)
            if isinstance(layer, nn.Conv2d) and isinstance(layers[0], nn.BatchNorm2d):
                layers.pop(0)
                yield f"*{self.need('conv_norm')}({layer.in_channels}, {layer.out_channels}, {layer.kernel_size[0]})"
            else:
                yield self.layer(layer)

    def cell(self, cell: Any) -> str:
        """The call that makes a cell; its class is written where there is none like it yet."""
        c_in, c_out = cell_widths(cell)
        live = live_edges(cell.ops)
        full = {0} | {EDGES[i][0] for i in live}
        modules, sums = [], dict[int, list[str]]()
        for i in live:
            (node, source), op = EDGES[i], cell.ops[i]
            value = f"node_{source}" if source in full else "torch.zeros_like(node_0)"
            if list(cell.edges[i].parameters()):
                name = self.need("ReLUConvNorm" if op in KERNELS else "ConvNorm")
                widths = "channels, channels" if c_in == c_out else f"{'c_out' if source else 'c_in'}, c_out"
                modules.append(f'"{i}": {name}({widths}, {KERNELS.get(op, 1)}),  # node {source} -> node {node}')
                value = f'self.edges["{i}"]({value})'
            elif op == "avg_pool_3x3":
                value = f"{self.need('average')}({value})"
            sums.setdefault(node, []).append(value)
        widths = "channels" if c_in == c_out else "c_in, c_out"
        edges = "\n".join(f"                {line}" for line in modules)
        begin = MAKE.format(widths=widths, edges=edges) if modules else ""
        lines = [f"node_{node} = {' + '.join(terms)}" for node, terms in sums.items() if node < OUTPUT]
        lines.append(f"return {' + '.join(sums.get(OUTPUT, ['torch.zeros_like(node_0)']))}")
        text = CELL.format(begin=begin, lines="\n".join(f"        {line}" for line in lines))
        name = self.cells.setdefault(text, "Cell" if c_in == c_out else "ResizingCell")
        return f"{name}({(f'{c_in}' if c_in == c_out else f'{c_in}, {c_out}') if modules else ''})"


def cell_widths(cell: Any) -> tuple[int, int]:
    """(channels that a cell reads, channels that it writes)."""
    outer = (layer for i, (_, source) in enumerate(EDGES) if source == 0 for layer in cell.edges[i].modules())
    return next((layer.in_channels for layer in outer if hasattr(layer, "in_channels")), cell.channels), cell.channels


def live_edges(ops: Sequence[str]) -> list[int]:
    """Positions of the edges that add something to the output.

    Those that only see zeros add zeros, but for convolutions: their normalisation adds what it has learned.
    """
    full, needed = {0}, {OUTPUT}
    edges = [(i, node, source) for i, ((node, source), op) in enumerate(zip(EDGES, ops, strict=True)) if op != "none"]
    for i, node, source in edges:
        if source in full or ops[i] in KERNELS:
            full.add(node)
    for _, node, source in reversed(edges):
        if node in needed:
            needed.add(source)
    return [i for i, node, source in edges if node in needed and (source in full or ops[i] in KERNELS)]
