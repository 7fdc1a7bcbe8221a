"""Tables as files: CSV that no spreadsheet runs, Parquet that carries its origin, one row a seed and trial."""

import base64
import io
import json
import math
import re
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from nas_core import experiment_archive
from nas_core.store import Store
from nas_core.types import RunSpec
from ui import export_page, exported_data, tables
from ui.figures import Data, Figure, OnPage

FRAME = pd.DataFrame({"name": ["=1+1", "@x", "-a", "plain", None], "value": [-1.5, 2.0, 3.0, float("nan"), 5.0]})
ORIGIN = {"benchmark": "Pocket topology", "packages": {"numpy": "2"}}


def test_a_text_that_is_a_formula_to_spreadsheets_is_quoted_and_a_number_is_not():
    back = pd.read_csv(io.BytesIO(exported_data.csv(FRAME)))
    assert back["name"].tolist()[:4] == ["'=1+1", "'@x", "'-a", "plain"]
    assert back["value"].tolist()[0] == -1.5
    assert FRAME["name"][0] == "=1+1"
    head = exported_data.csv(pd.DataFrame({"=1+1": [-0.61], "val_acc": [1.0]})).decode().splitlines()
    assert head == ["'=1+1,val_acc", "-0.61,1.0"]


def test_parquet_carries_its_origin():
    raw = exported_data.parquet(FRAME, ORIGIN)
    back = pd.read_parquet(io.BytesIO(raw))
    pd.testing.assert_frame_equal(back, FRAME, check_dtype=False)
    assert back.attrs == ORIGIN
    words = pq.read_metadata(io.BytesIO(raw)).metadata
    assert words[b"benchmark"] == b"Pocket topology" and json.loads(words[b"packages"]) == {"numpy": "2"}


def test_the_link_opens_what_its_sender_saw():
    def page():
        import streamlit as st

        from ui import exported_data

        st.text(exported_data._link())

    app = AppTest.from_function(page)
    asked = {"strategies": ["random search", "GP & more"], "fitness": ["val_acc - 1e-3*params_m"]}
    for name, values in asked.items():
        app.query_params[name] = values
    assert parse_qs(urlsplit(app.run().text[0].value).query) == asked


def test_a_figure_that_is_not_of_the_page_says_its_own_origin():
    page = OnPage("Home", "Evolution beats random search.", command="python -m nas_core sweep")
    own = exported_data.about_figure(page, Figure("cell", "cell 7"))
    other = exported_data.about_figure(page, Figure("a", "DARTS", origin={"title": "DARTS", "link": "supernet?a=1"}))
    assert own["command"] == page.command and own["finding"] == page.verdict
    assert other["link"] == "supernet?a=1" and other["title"] == "DARTS" and "made" in other
    assert not {"command", "finding"} & other.keys()


def test_every_trial_of_every_seed_is_a_row(tmp_path):
    specs = [
        RunSpec("pocket_topology", "cluttered_digits", name, max_trials=5, seed=seed)
        for name in ("random_search", "regularized_evolution")
        for seed in (0, 1)
    ]
    table = experiment_archive.trials([(spec.strategy, spec) for spec in specs], Store(tmp_path)).to_pandas()
    assert table.groupby(["label", "seed"]).size().to_dict() == {(s.strategy, str(s.seed)): 5 for s in specs}
    assert table["val_acc"].between(0, 100).all()


def test_the_page_as_a_file_shows_the_beginning_of_a_long_table_and_holds_all_of_it():
    frame = pd.DataFrame({"row": range(export_page.ROWS + 1), "text": "a<b"})
    short, long = (export_page._table(Data("all cells", "All", part.copy)) for part in (frame[1:], frame))
    assert short.count("<tr") == long.count("<tr") == export_page.ROWS + 1 and "href" not in short
    (link,) = re.findall(r"download='all-cells\.csv' href='data:text/csv;base64,([^']+)'", long)
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(base64.b64decode(link))), frame, check_dtype=False)


@pytest.mark.parametrize(
    ("values", "title", "form"),
    [
        ([73.0, 73.39], "test accuracy (%)", "%.2f"),
        ([9.5, 220.25, math.nan], "MFLOPs", "%.1f"),
        ([0.0731, 0.0984], "parameters (million)", "%.5f"),
        ([1.0, 20.0, math.nan], "trainings", None),
        ([0.0001, 0.0002, 12345.5], "score", "%.4g"),
        ([math.nan], "loss", None),
    ],
)
def test_the_numbers_of_a_column_have_equally_many_decimals(values, title, form):
    assert tables.decimals(values, title) == form


def test_a_table_that_is_shown_holds_no_formula_for_the_csv_of_its_own_button():
    frame = pd.DataFrame(
        {
            "=A1": ["=1+1", "plain"],
            "b": ["+0.31", "-2+cmd|' /C calc'!A0"],
            "c": pd.Categorical(["@x", "y"]),
            "d": [1, 2],
        }
    )
    shown = tables.without_formulas(frame)
    assert shown.to_dict("list") == {
        "'=A1": ["'=1+1", "plain"],
        "b": ["+0.31", "'-2+cmd|' /C calc'!A0"],
        "c": ["'@x", "y"],
        "d": [1, 2],
    }
    assert frame.columns[0] == "=A1" and frame["b"][1].startswith("-2"), "what was given stays as it is"
