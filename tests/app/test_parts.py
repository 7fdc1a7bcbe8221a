"""Parts of a page that are drawn by themselves, and what was broken off before."""

import pytest
import streamlit as st
from streamlit.errors import StreamlitAPIException

from ui import links, parts


def test_parts_are_drawn_alone_only_where_nothing_else_was_broken_off(monkeypatch):
    asked = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", asked.append)
    monkeypatch.setattr(st, "fragment", lambda key, run_every: lambda draw: draw)
    parts.again("a page that says nothing is drawn as a whole")
    parts.begin()
    parts.again("the page was broken off")
    parts.finish()
    parts.again("two", "one")
    parts.part("one", lambda: None)  # it is drawn, and "two" is broken off by the next click
    parts.again("three")
    for key in ("two", "three"):
        parts.part(key, lambda: None)
    parts.again("four")
    assert asked == [["two", "one"], ["two", "three"], ["four"]]
    parts.begin()
    parts.again("another run of the page was broken off")
    assert len(asked) == 3


@pytest.mark.parametrize("ask", [links.as_a_whole, lambda: links.put({})])
def test_a_page_that_was_asked_for_is_drawn_even_if_it_is_broken_off_before_it_begins(monkeypatch, ask):
    asked = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", asked.append)
    parts.finish()
    ask()  # the message of a widget; that of the map comes before the page has begun
    parts.again("marks")
    assert not asked


def test_a_part_that_is_not_there_any_more_is_asked_for_with_the_page(monkeypatch):
    def rerun(keys):
        raise StreamlitAPIException("No fragment found")

    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", rerun)
    parts.finish()
    parts.again("gone")  # returns, after which Streamlit draws the page
