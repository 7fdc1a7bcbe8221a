"""The controller of ENAS (arXiv:1802.03268): a recurrent network that writes a cell, one operation after another."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from nas_core.types import Arch

HIDDEN, LAYERS = 32, 2
TEMPERATURE, TANH_CONSTANT = 5.0, 2.5  # both keep the controller from making up its mind too soon


class Controller(nn.Module):
    """A two-layer LSTM; what it wrote last is what it reads next. Weights start uniform in ±0.1."""

    def __init__(self, decisions: int, options: int) -> None:
        super().__init__()
        self.decisions, self.options = decisions, options
        self.start = nn.Parameter(torch.empty(1, HIDDEN))
        self.words = nn.Embedding(options, HIDDEN)
        self.lstm = nn.LSTM(HIDDEN, HIDDEN, LAYERS)
        self.head = nn.Linear(HIDDEN, options)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.1, 0.1)

    def write(self, rng: np.random.Generator) -> tuple[Arch, torch.Tensor, torch.Tensor, torch.Tensor]:
        """(architecture, its log probability, mean entropy of the decisions in nats, probabilities of all)."""
        x: torch.Tensor = self.start
        memory, log_probabilities = None, []
        arch: list[int] = []
        for _ in range(self.decisions):
            out, memory = self.lstm(x[None], memory)
            logits = TANH_CONSTANT * torch.tanh(self.head(out[0, 0]) / TEMPERATURE)
            log_probabilities.append(logits.log_softmax(0))
            below = log_probabilities[-1].detach().exp().double().cumsum(0).cpu().numpy() < rng.random()
            arch.append(min(int(below.sum()), self.options - 1))
            x = self.words.weight[arch[-1]][None]
        logs = torch.stack(log_probabilities)
        log_probability = logs[torch.arange(len(arch)), torch.tensor(arch)].sum()
        entropy = -(logs.exp() * logs).sum(1).mean()
        return tuple(arch), log_probability, entropy, logs.exp()
