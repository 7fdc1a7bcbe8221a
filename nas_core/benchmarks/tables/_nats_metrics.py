"""What the metrics of NATS-Bench mean: split, images, seeds and where each number comes from."""

from __future__ import annotations

from nas_core.benchmarks import Metric

# dataset -> (training images, validation images, test images), each in words
_SPLITS = {
    "cifar10": ("25,000 of the 50,000 training images", "the other 25,000 training images", "10,000 test images"),
    "cifar100": ("50,000 training images", "one fixed half (5,000) of the test images", "the other 5,000 test images"),
    "ImageNet16-120": (
        "151,700 training images",
        "one fixed half (3,000) of the held-out images",
        "the other 3,000 held-out images",
    ),
}
_DEVICES = {
    "edgegpu": "NVIDIA Jetson TX2",
    "raspi4": "Raspberry Pi 4",
    "edgetpu": "Google Edge TPU; missing where it cannot run the cell",
    "pixel3": "Google Pixel 3",
    "eyeriss": "Eyeriss, an accelerator chip (simulated)",
    "fpga": "Xilinx ZC706 FPGA",
}
_360 = {  # dataset -> what its only accuracy is
    "ninapro": "share of 659 test windows of muscle signals whose gesture is told right",
    "darcy": "100 minus the relative error (ℓ2, in percent) of the predicted pressure on test fields; below 0 where "
    "the error is larger than the field",
}
_ONLY = "after 200 epochs, seed 777; no other accuracy is published, so a search sees what is reported"
_RUNTIMES = {"litert": "LiteRT", "onnx": "ONNX Runtime", "torchmobile": "PyTorch Mobile"}
_NATS = "tabulated: NATS-Bench v1.0 (arXiv:2009.00437)"
_HARDWARE = "tabulated: HW-NAS-Bench (arXiv:2103.10584)"
_NB360 = "tabulated: NAS-Bench-360 (arXiv:2110.05668), in the file of HW-NAS-Bench-360"
_HW360 = "tabulated: HW-NAS-Bench-360"
_FORMULA = "counted here: exact, each architecture's own"

# name -> (unit, goal, title, help); {train}, {valid} and {test} stand for the images of the dataset
_HALF = "share of {test} classified right after training on 25,000 images only"
_TRAINED = {
    "val_acc": ("%", "max", "validation accuracy", "share of {valid} classified right after training on {train}"),
    "test_acc": ("%", "max", "test accuracy", "for reporting, no search sees it: share of {test} classified right"),
    "train_acc": ("%", "max", "training accuracy", "share of {train} classified right, in the last epoch"),
    "val_loss": ("nats", "min", "validation loss", "mean cross-entropy on {valid}"),
    "test_loss": ("nats", "min", "test loss", "for reporting: mean cross-entropy on {test}"),
    "train_loss": ("nats", "min", "training loss", "mean cross-entropy on {train}, in the last epoch"),
    "test_full_acc": ("%", "max", "accuracy on both halves", "share right of validation and test images together"),
    "train_full_acc": (
        "%",
        "max",
        "training accuracy, all data",
        "share of all 50,000 training images classified right",
    ),
    "train_full_loss": ("nats", "min", "training loss, all data", "mean cross-entropy on all 50,000 training images"),
    "test_full_loss": (
        "nats",
        "min",
        "loss on both halves",
        "mean cross-entropy on validation and test images together",
    ),
    "test_half_loss": (
        "nats",
        "min",
        "test loss after half the data",
        "mean cross-entropy on {test} after training on 25,000",
    ),
    "test_half_acc": ("%", "max", "test accuracy after half the data", _HALF),
}
_RECORDED = "as NATS-Bench recorded it; 150 cells have that of an isomorphic one"
_MACS = "multiply-adds of convolutions and the linear layer for one image"
_COSTS = {
    "params_m": ("million", "min", "parameters", "trainable parameters of the whole network", _FORMULA),
    "flops_m": ("MFLOPs", "min", "MFLOPs", _MACS, _FORMULA),
    "train_s": ("s", "min", "training time", "seconds of the full training on one of NATS-Bench's GPUs", _NATS),
    "params_official_m": ("million", "min", "parameters as recorded", _RECORDED, _NATS),
    "flops_official_m": ("MFLOPs", "min", "MFLOPs as recorded", _RECORDED, _NATS),
    "latency_gpu_ms": ("ms", "min", "GPU latency", "one forward pass of a batch on NATS-Bench's GPU", _NATS),
}
for _name, _device in _DEVICES.items():
    _COSTS[f"latency_{_name}_ms"] = ("ms", "min", f"latency, {_name}", f"one image on {_device}", _HARDWARE)
for _name in ("edgegpu", "eyeriss", "fpga"):
    _COSTS[f"energy_{_name}_mj"] = ("mJ", "min", f"energy, {_name}", f"one image on {_DEVICES[_name]}", _HARDWARE)
for _name, _runtime in _RUNTIMES.items():
    _COSTS[f"latency_pi5_{_name}_ms"] = (
        *("ms", "min", f"latency, pi5 {_name}", f"one input on a Raspberry Pi 5 by {_runtime}, median"),
        _HW360,
    )
    _COSTS[f"energy_pi5_{_name}_mj"] = (
        *("mJ", "min", f"energy, pi5 {_name}", f"one input on a Raspberry Pi 5 by {_runtime}"),
        _HW360,
    )
_COSTS["latency_pixel_litert_ms"] = ("ms", "min", "latency, pixel", "one input on a Pixel phone by LiteRT", _HW360)
NAMES = (*_TRAINED, *_COSTS)  # in the order of menus


def describe(name: str, dataset: str, trainings: str) -> Metric:
    """The Metric `name` on `dataset`; `trainings` says with which schedules and seeds."""
    if name in _COSTS:
        unit, goal, title, text, source = _COSTS[name]
        return Metric(unit, goal, text, source, title, whole_training=name == "train_s")
    if dataset in _360:
        title = "accuracy seen, of test data" if name == "val_acc" else "test accuracy"
        return Metric("%", "max", f"{_360[dataset]}, {_ONLY}", _NB360, title, curve=True, shared=True)
    unit, goal, title, text = _TRAINED[name]
    train, valid, test = _SPLITS[dataset]
    if dataset == "cifar10" and name.startswith("test_") and name != "test_half_acc":
        text += " after training on all 50,000 training images"
    text = text.format(train=train, valid=valid, test=test)
    return Metric(unit, goal, f"{text}. {trainings}", _NATS, title, curve=True, shared=True)
