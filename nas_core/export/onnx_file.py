"""A network as an ONNX file, which is given out only if onnxruntime computes the same from it as torch does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE = 1e-4  # how far a logit may lie from torch's, as a share of the greatest one, or of 1 where that is less


@dataclass(frozen=True)
class Agreement:
    """How near what onnxruntime computes is to what torch computes."""

    inputs: int
    difference: float  # the greatest of a logit
    greatest: float  # the absolute value of torch's greatest logit

    @property
    def allowed(self) -> float:
        """How great the difference may be."""
        return TOLERANCE * max(1.0, self.greatest)

    @property
    def words(self) -> str:
        """It, and what it is compared with."""
        return (
            f"differ by at most {self.difference:.2e} from torch's, of which the greatest is {self.greatest:.3g}; "
            f"{self.allowed:.2e} is allowed, {TOLERANCE:g} of {'1' if self.greatest < 1 else 'that'}"
        )


def write(net: Any, inputs: np.ndarray, file: Path) -> Agreement:
    """Write `net` to `file`, and compare the logits of the `inputs` [n, …], n at least 1.

    Its input is called "input" and its output "logits", for any number of inputs. Needs onnx and onnxruntime.
    RuntimeError in one sentence, and no file, if they differ by more than is allowed.
    """
    import warnings

    import onnx  # noqa: F401 - torch needs it, and says so less clearly
    import torch

    axes = {name: {0: "n"} for name in ("input", "logits")}
    example = torch.from_numpy(np.array(inputs[:2]))
    net.eval()
    with warnings.catch_warnings():  # the exporter by torch.export wants 40 MB more and ten times as long
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            net, (example,), str(file), input_names=["input"], output_names=["logits"], dynamic_axes=axes, dynamo=False
        )
    with torch.no_grad():
        expected = net(torch.from_numpy(np.array(inputs))).numpy()
    outputs = logits(file, inputs)
    agreement = Agreement(len(inputs), float(np.abs(outputs - expected).max()), float(np.abs(expected).max()))
    if not agreement.difference <= agreement.allowed:
        file.unlink()
        raise RuntimeError(f"the logits of onnxruntime {agreement.words}; take the code without weights")
    return agreement


def logits(file: Path, inputs: np.ndarray) -> np.ndarray:
    """float32[n, classes]: what onnxruntime computes from an ONNX file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    parts = [np.array(inputs[i : i + 256]) for i in range(0, len(inputs), 256)]
    return np.concatenate([session.run(None, {"input": part})[0] for part in parts])


def quantise(file: Path, target: Path) -> None:
    """Write the ONNX file with its weights as 8-bit integers (dynamic quantisation) to `target`."""
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # its advice to fold constants first, which torch has done
    try:
        quantize_dynamic(file, target, weight_type=QuantType.QInt8)
    finally:
        logging.disable(logging.NOTSET)
