"""Explore on a table whose architectures are not compared by accuracy."""

import streamlit as st

from nas_core.sources import user_table
from nas_core.sources.user_table import Main
from tests.searching import charts
from tests.visit import captions, link, shown


def test_where_there_is_no_accuracy_no_page_draws_or_promises_curves_of_it(data_folder):
    st.cache_resource.clear()
    lines = ["arch,perplexity,params_m", *(f"own:{i},{20 + i % 37},{i % 11}" for i in range(100))]
    draft = user_table.read("\n".join(lines).encode(), "lm.csv", "topology", main=Main("perplexity", "min"))
    user_table.save(draft, "lm", "here")
    table = {"benchmark": "own_topology", "dataset": "lm", "compare": ["own:1", "own:2"]}
    app = link("pages/10_explore.py", table).run().run()
    assert not app.exception and "The table has no such curve for cell 0." in [i.value for i in app.info]
    assert "compared" not in charts(app) and "curve" not in shown(app).tables
    assert "Each point is a separate training" not in captions(app)
