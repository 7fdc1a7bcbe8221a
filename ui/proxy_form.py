"""The form of the Proxies page: what the networks are shown, which proxies, how much; it makes the study."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

import streamlit as st

from nas_core import plugins, scoring
from nas_core.benchmarks import Table
from nas_core.benchmarks.tables import proxy_scores
from nas_core.datasets import Dataset
from nas_core.proxies import GROUPS, Proxy
from nas_core.sources import cifar, files
from nas_core.sources.scores import BATCH, NOISE, Scoring, title
from nas_core.studies.proxy_study import USUAL, ProxyStudy
from nas_core.values import capitalised
from ui import choices, links, study_form
from ui.words import sentence

DEVICES = {"one CPU thread": "cpu", "the GPU": "cuda"}


def proxies() -> dict[str, type[Proxy]]:
    """The proxies that can be chosen, in the order of menus; parts of ensembles come with those."""
    classes = plugins.find(Proxy)
    return {n: classes[n] for group in GROUPS for n in classes if classes[n].group == group != "part"}


def study(table: Table) -> ProxyStudy | str:
    """Draw the form, bound to the link; the study, or one sentence on why there is none."""
    if refusal := table.space.refusal("image"):
        return sentence(refusal)
    net, data = _networks(st.columns(2), table)
    classes = proxies()
    titles = {c.title(): name for name, c in classes.items()}
    choice = choices.some(
        st,
        "Proxies",
        "proxies",
        titles,
        [classes[n].title() for n in USUAL],
        "\n\n".join(f"**{c.title()}** ({GROUPS[c.group]}): {c.summary()} {c.paper}" for c in classes.values()),
    )
    boxes, note = st.columns([1, 1, 1, 1.6], vertical_alignment="bottom"), st.container()
    count = links.number(
        boxes[0],
        "Networks to score live",
        "sample",
        10,
        2000,
        100,
        note,
        step=50,
        help="A fixed random sample. A larger sample contains the smaller.",
    )
    batch = links.number(boxes[1], "Batch size", "batch", 4, 256, BATCH, note, step=16)
    seeds = links.number(
        boxes[2],
        "Seeds",
        "seeds",
        1,
        5,
        1,
        note,
        help="Seeds of the initial weights and images. With two or more, the table shows how much the correlations "
        "vary.",
    )
    once = study_form.distinct(boxes[3], table, "once")
    try:
        settings = Scoring(table.space.name, net, data, batch)
        names = tuple(titles[t] for t in choice)
        return ProxyStudy(table.name, table.dataset, names, settings, count, seeds, once, _device())
    except ValueError as error:
        return sentence(error)


def _networks(places: Sequence[Any], table: Table) -> tuple[str, str]:
    """(the network that is scored, the images it is shown), by their names in a scoring's settings."""
    networks, name = table.space.networks, table.space.name
    nets = [net for net in networks if Scoring(name, net).make_space().options == table.space.options]
    nets.sort(key=lambda net: not table.name.startswith(net))
    words = {capitalised(networks[net].title): net for net in nets}
    net = words[
        choices.one(
            places[0],
            "Networks that are scored",
            "net",
            words,
            "Proxies see untrained networks of this size. Accuracies always come from the benchmark.",
        )
    ]
    images = _images(table, net)
    data = images[
        choices.one(
            places[1],
            "Shown to them",
            "data",
            images,
            "Input of the proxies that look at data, one or two batches, also of your own. SynFlow, Zen and counts use "
            "none. To use CIFAR, get its images on the Data page. Accuracies are those of the benchmark all the same.",
        )
    ]
    if table.space.networks[net].inputs[0] == 3 and not any(d in images.values() for d in cifar.ARCHIVES):
        places[1].page_link("pages/70_data.py", label="Get CIFAR-10 on the Data page", icon=":material/download:")
    return net, data


def missing(study: ProxyStudy) -> str:
    """ "" if networks can be scored now, else one sentence: what data is missing and how to get it."""
    data = scoring.dataset(study.scoring)
    return data.missing() if data is not None else ""


def _device() -> str:
    """Where networks are scored: a choice only where there is a GPU."""
    if shutil.which("nvidia-smi") is None:
        return "cpu"
    return DEVICES[
        choices.one(
            st,
            "Score on",
            "device",
            DEVICES,
            "A GPU scores many networks at a time. Scores differ between devices in the fourth digit at most.",
        )
    ]


def _images(table: Table, net: str) -> dict[str, str]:
    """{in words: name} of the data that such a network can be shown now, or was shown before; the latter comes first,
    then what the table was trained on, then images, grey ones to a grey network."""
    grey = table.space.networks[net].inputs[0] == 1
    scored = {plan.data for plan in proxy_scores.scorings(table.space) if plan.net == net}
    classes = {n: data for n, data in plugins.find(Dataset).items() if not table.space.refusal(data.kind)}
    ready = [n for n, data in classes.items() if n in scored or not data(**files.params(n)).missing()]
    ready.sort(
        key=lambda n: (n not in scored, n != table.dataset, classes[n].kind != "image", bool(files.params(n)) == grey)
    )
    return {capitalised(title(n)): n for n in [*ready, NOISE]}
