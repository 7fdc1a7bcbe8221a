"""What a page says of a job that waits: its place, and about how long."""

import threading
import time

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.unit.test_jobs import wait_for
from ui.server import jobs

SCRIPT = """
from ui import job_panel
from ui.server import jobs
job_panel.follow(jobs().get("{key}"))
"""


@pytest.fixture
def gate():
    st.cache_resource.clear()
    gate = threading.Event()
    yield gate
    gate.set()


def said(key):
    page = AppTest.from_string(SCRIPT.format(key=key)).run()
    assert not page.exception
    return page.get("progress")[0].proto.text


def test_a_job_that_waits_says_its_place_and_when_it_begins(gate):
    def half():
        yield from range(5)
        gate.wait()

    working = [jobs().start(f"work {n}", "", half, total=10) for n in (1, 2)]
    wait_for(lambda: all(len(job.items) == 5 for job in working))
    for n in (1, 2):
        jobs().start(f"wait {n}", f"Search {n}", half, total=10)
    for job in working:
        job.turn = time.monotonic() - 600  # half done in ten minutes
    assert said("wait 1") == "Search 1: place 1 in the queue, begins in about 10 min"
    assert said("wait 2").startswith("Search 2: place 2 in the queue, begins in about ")
    assert "running, 5 of 10 done, about 10 min left" in said("work 1")
    jobs().stop("wait 1")
    assert said("wait 2").startswith("Search 2: place 1 in the queue")
