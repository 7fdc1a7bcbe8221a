"""Models that pages train and hand out: weights kept in the data folder, and the .zip that an export makes of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nas_core import command, export, packages, plugins, resuming, torch_state, trained
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.live import LiveTraining
from nas_core.datasets import Dataset
from nas_core.export import Bundle, Model
from nas_core.places import check_own, data_place
from nas_core.sources import live
from nas_core.sources.chunks import Recipe
from nas_core.spaces import SearchSpace
from nas_core.trained import Trained
from nas_core.types import Arch, RunSpec


@dataclass(frozen=True)
class Choice:
    """A network that somebody may take: architecture `row` of a table, trained with `seed`, or only its code."""

    table: str
    dataset: str
    row: int
    seed: int | None = None  # None: without weights
    int8: bool = False  # also an ONNX file with weights of 8 bits
    size: tuple[tuple[str, int], ...] = ()  # without weights: what of the network is not as usual

    @property
    def name(self) -> str:
        """What its files are called, without a suffix."""
        seed = "" if self.seed is None else f"-seed{self.seed}"
        return f"{self.table}-{self.dataset}-own{self.row}{seed}"

    @property
    def weights(self) -> Path:
        """Where its weights are kept, or will be."""
        return weights_file(self.name)

    @property
    def zip(self) -> Path:
        """Where its .zip is, or will be."""
        return zip_file(f"{self.name}{wishes(self.int8, dict(self.size))}")

    @property
    def network(self) -> dict[str, int]:
        """The numbers of the network around it that may be others."""
        return {name: value for name, value in _recipe(replace(self, size=())).network.items() if type(value) is int}

    @property
    def command(self) -> str:
        """The command line that repeats its training."""
        return command.train(f"own:{self.row}", self.table, self.dataset, {}, None, self.seed or 0)


def wishes(int8: bool, size: Mapping[str, int]) -> str:
    """The end of a file's name, by what of it is not as usual."""
    return "".join(f"-{name}{value}" for name, value in sorted(size.items())) + "-int8" * int8


def weights_file(name: str) -> Path:
    """Where the weights of a network are kept whose files are called `name`, or will be."""
    return data_place() / "weights" / f"{name}.safetensors"


def zip_file(name: str) -> Path:
    """Likewise its .zip."""
    return data_place() / "models" / f"{name}.zip"


def missing(choice: Choice) -> str:
    """ "" if it can be taken, else why not, in one sentence."""
    space: SearchSpace = plugins.get(Benchmark, choice.table).space
    if choice.dataset not in plugins.find(Dataset):
        return f"the data of {choice.dataset} are not known here, so neither are its classes"
    if choice.seed is not None and not choice.weights.is_file():
        why = packages.missing("safetensors")
        return "its weights were not kept" + (
            f", for this needs safetensors, which {why}" if why else "; train it again"
        )
    return space.refusal(plugins.get(Dataset, choice.dataset).kind)


@torch_state.own_state_of_steps()
def train(choice: Choice) -> Generator[dict[str, float]]:
    """Train it on one thread by the recipe of its table, which seed 0 begins as the table did; yields every epoch.

    It trains the first of the isomorphism class. The weights are kept, where safetensors is installed. Needs torch;
    ValueError for a table without recipe.
    """
    recipe = _recipe(choice)
    if live.recipe(choice.table) is None:
        raise ValueError(f"{choice.table} was not trained by this project, so there is no recipe to follow")
    space = recipe.make_space()
    yield from resuming.train(
        recipe, space.canonical(space.arch(choice.row)), recipe.load(), place(choice), command=choice.command
    )


def begun(choice: Choice) -> bool:
    """Whether its training was stopped after an epoch or more, so that the next one goes on."""
    return resuming.epochs_done(choice.weights) > 0


def place(choice: Choice) -> Path | None:
    """Where the weights are to be kept; None where they cannot be, because safetensors is not installed."""
    if packages.missing("safetensors"):
        return None
    return _own(choice.weights)


def take(choice: Choice) -> Generator[Bundle]:
    """Make the .zip. Needs torch, and for weights the packages of an export, see `nas_core.export.write`."""
    recipe = _recipe(choice)
    space = recipe.make_space()
    model = Model(recipe, space.arch(choice.row))
    if choice.seed is not None:
        record, tensors = trained.load(choice.weights)
        model = Model(record.recipe, record.arch, record, tensors)
    model = replace(model, facts=_chosen(space, space.arch(choice.row), model.arch) | export.facts(choice.table, model))
    yield export.write(model, _own(choice.zip), choice.int8 and model.trained is not None)


def train_and_take(
    name: str, live: LiveTraining, arch: Arch, epochs: int, seeds: int, search: RunSpec, int8: bool = False
) -> Generator[dict[str, float] | tuple[Bundle, Trained]]:
    """Train what a search has found to the end, see `finish`. live: at the size that is taken, which need not be that
    of the search; search: which one, for the card."""
    recipe = replace(live.recipe, protocol=replace(live.recipe.protocol, epochs=epochs))
    settings = {n: v for n, v in live.run_settings().items() if n not in ("epochs", "seed", "device")}
    text = live.space.text(arch)
    again = command.train(text, live.name, live.dataset, settings, epochs, 0, "--final", str(seeds))
    yield from finish(name, recipe, arch, seeds, again, {"Search": f"`{command.run(search)}`"}, live.device, int8)


def finish_alone(
    name: str, table: str, dataset: str, row: int, nats: bool, epochs: int, seeds: int, int8: bool = False
) -> Generator[dict[str, float] | tuple[Bundle, Trained]]:
    """Train architecture `row` of the table's space to the end, see `finish`: by its recipe, or by NATS-Bench's."""
    space: SearchSpace = plugins.get(Benchmark, table).space
    recipe = live.nats_recipe(space, dataset) if nats else live.recipe_on(table, dataset)
    recipe = replace(recipe, protocol=replace(recipe.protocol, epochs=epochs))
    arch, more = space.arch(row), ["--recipe", "nats"] if nats else []
    again = command.train(space.text(arch), table, dataset, {}, epochs, 0, *more, "--final", str(seeds))
    yield from finish(name, recipe, arch, seeds, again, export.facts(table, Model(recipe, arch)), int8=int8)


@torch_state.own_state_of_steps()
def finish(
    name: str,
    recipe: Recipe,
    arch: Arch,
    seeds: int,
    again: str,
    facts: Mapping[str, str],
    device: str = "cpu",
    int8: bool = False,
) -> Generator[dict[str, float] | tuple[Bundle, Trained]]:
    """Train `arch` as `resuming.train_final` does and make its .zip; what was stopped goes on.

    Yields every epoch of every seed, and at last what came of it. name: of its files. again: the command that repeats
    it. facts: for the card. int8: also with weights of 8 bits.
    """
    weights, file = _own(weights_file(name)), _own(zip_file(name))
    first = recipe.make_space().canonical(arch)
    facts = {**_chosen(recipe.make_space(), arch, first), **facts}
    record, net = yield from resuming.train_final(recipe, first, recipe.load(), range(seeds), weights, device, again)
    yield export.write(Model(record.recipe, record.arch, record, net.state_dict(), facts), file, int8), record


def _chosen(space: SearchSpace, arch: Arch, first: Arch) -> dict[str, str]:
    """For the card: which architecture was chosen, where `first` of its isomorphism class is trained for it."""
    if arch == first:
        return {}
    return {"Chosen": f"{space.number_label(arch)}, which computes the same; this one is trained for all such"}


def _own(file: Path) -> Path:
    """The file, in a folder that is there; RuntimeError where it would be another visitor's."""
    check_own()
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def _recipe(choice: Choice) -> Recipe:
    """That of the table; of a table of others the usual protocol, and the network that its authors trained."""
    if live.recipe(choice.table) is not None:
        recipe = live.recipe_on(choice.table, choice.dataset)
        network = {**recipe.network, **dict(choice.size)}
        return replace(recipe, network=network, protocol=replace(recipe.protocol, seed=choice.seed or 0))
    space = plugins.get(Benchmark, choice.table).space
    network = {**next(iter(space.networks.values())).settings, **dict(choice.size)}
    return replace(live.recipe_of(space, choice.dataset), network=network)
