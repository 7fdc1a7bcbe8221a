"""Pareto: what it showed is now a view of Explore, and its searches are on Search; links to it lead there."""

from __future__ import annotations

import streamlit as st

from ui import front_links

TITLE = "Pareto"
ICON = ":material/balance:"
GROUP = "Moved"

st.set_page_config(TITLE)
page, query = front_links.successor({name: st.query_params.get_all(name) for name in st.query_params})
st.switch_page(page, query_params=query)
