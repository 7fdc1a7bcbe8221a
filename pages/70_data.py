"""Data: where the numbers come from, the real NATS-Bench at a click, and tables of your own."""

from __future__ import annotations

import streamlit as st

from nas_core.sources.external import DATASETS, TABLES
from ui import data_panels, own_data, own_tables
from ui.frame import frame

TITLE = "Data"
ICON = ":material/database:"
GROUP = "Data"
QUESTION = "Which data is here, where does it come from, and how do I get more?"

frame(TITLE, QUESTION)

st.subheader("Your own data", anchor=False)
st.markdown(
    "Bring images, texts or signals: they become a dataset, on which networks are trained, scored and searched for. "
    "Nothing leaves the machine that runs this app."
)
own_data.panel()

st.subheader("Tables", anchor=False)
data_panels.tables_here()

st.subheader("NATS-Bench", anchor=False)
st.markdown(
    "The published numbers: 15,625 cells and 32,768 choices of layer widths, trained by the authors of NATS-Bench on "
    "CIFAR-10, CIFAR-100 and ImageNet16-120, with latency and energy on six devices from HW-NAS-Bench. They are merged "
    "on this machine from public files, each pinned to a commit and verified by its checksum."
)
data_panels.fetching()
with st.expander("Files, licences and citations", icon=":material/source:"):
    data_panels.cite()
    data_panels.files()

st.subheader("The official archives", anchor=False)
st.markdown(
    "If you have them, they add what the public files lack: every seed, learning curves epoch by epoch, and for the "
    "size space the short trainings and all times. Get `NATS-tss-v1_0-3ffb9-simple.tar` and "
    "`NATS-sss-v1_0-50262-simple.tar` from the [NATS-Bench project](https://github.com/D-X-Y/NATS-Bench) and unpack "
    "them. No code inside them is run."
)
data_panels.archives()

st.subheader("Other published tables", anchor=False)
st.markdown(
    "NAS-Bench-Macro: 6,561 networks of eight MobileNet blocks, each trained three times on CIFAR-10. Its accuracies "
    "are all of test images, so a search sees the first training, and is reported by the mean of the other two. "
    "HW-NAS-Bench-360: muscle signals (ninapro) and the flow through a porous medium (darcy) as datasets of the "
    "topology table, one test accuracy a cell, and the latency on a Raspberry Pi 5 and a Pixel phone. Its "
    "repository states no licence."
)
data_panels.offers(TABLES)

st.subheader("Images and texts", anchor=False)
st.markdown(
    "CIFAR-10 and CIFAR-100, on which the networks of NATS-Bench were trained, for proxies and supernets; and "
    "Banking77, questions from customers of a bank. They come from their authors’ sites and are verified by the "
    "published checksums. No code inside them is run."
)
data_panels.offers(DATASETS)

st.subheader("Your own table", anchor=False)
st.markdown("Import numbers for architectures of one of the search spaces here; they become a dataset like the others.")
own_tables.panel()
