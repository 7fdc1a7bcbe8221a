"""What a real training measures."""

from __future__ import annotations

from nas_core.benchmarks._metric import Metric

_TRAINED = "measured here: trained when the search asked for it"
_TIMED = "measured here: timed when the search asked for it"
_COUNTED = "counted here: exact, each architecture's own"

METRICS = {
    "val_acc": Metric(
        "%", "max", "share of the validation items classified right", _TRAINED, "validation accuracy", True, True
    ),
    "val_loss": Metric(
        "nats", "min", "mean cross-entropy on the validation items", _TRAINED, "validation loss", True, True
    ),
    "train_acc": Metric(
        "%",
        "max",
        "share of the training items classified right, over the last epoch",
        _TRAINED,
        "training accuracy",
        True,
        True,
    ),
    "val_balanced_acc": Metric(
        "%",
        "max",
        "mean over the classes of the share of their validation items classified right",
        _TRAINED,
        "balanced validation accuracy",
        True,
        True,
    ),
    "val_f1": Metric(
        "%",
        "max",
        "mean over the classes of their F1 score on the validation items",
        _TRAINED,
        "macro F1 on validation",
        True,
        True,
    ),
    "params_m": Metric("million", "min", "trainable parameters of the whole network", _COUNTED, "parameters"),
    "flops_m": Metric(
        "MFLOPs", "min", "multiply-adds of convolutions and the linear layer for one item", _COUNTED, "MFLOPs"
    ),
    "latency_ms": Metric(
        "ms", "min", "median time that the network takes for one item, on one thread of this machine", _TIMED, "latency"
    ),
}
