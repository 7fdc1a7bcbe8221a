"""The log of a server: one JSON object a line, with what an operator needs and without anybody's names."""

import json
import logging
import subprocess
import sys
from functools import partial

import pytest

from nas_core import logs
from nas_core.jobs import Jobs
from tests.streams import count, die
from tests.unit.test_jobs import wait

SECRET = "patients of Dr. Miller"


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The lines so far, as a function."""
    loggers = [logging.getLogger(name) for name in ("nas_core", *logs._PAGES)]
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    monkeypatch.setenv(logs.PLACE, str(tmp_path / "log.jsonl"))
    logs._latest.lines.clear()
    logs.start()
    yield lambda: [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    logging.getLogger("nas_core").handlers[0].close()
    for logger, handlers, level, propagate in before:
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)
    logs._latest.lines.clear()


@pytest.mark.parametrize("process", [False, True])
def test_jobs_begin_and_end_in_it_with_their_time_and_errors_with_their_place(process, log):
    jobs = Jobs()
    wait(jobs.start(SECRET, SECRET, partial(count, 3), process=process))
    wait(jobs.start("other", SECRET, partial(count, 1, 0.0, KeyError(SECRET)), process=process))
    wait(jobs.start("killed", SECRET, partial(die, 9), process=True))
    wait_for = {"job start": 3, "job end": 3}
    lines = log()
    events = [line["event"] for line in lines]
    assert {event: events.count(event) for event in wait_for} == wait_for
    first, failed, dead = (line for line in lines if line["event"] == "job end")
    assert (first["state"], first["items"], first["kind"]) == ("done", 3, "tests.streams.count")
    assert 0 <= first["seconds"] < 20 and len({line["job"] for line in (first, failed, dead)}) == 3
    assert (failed["state"], dead["state"]) == ("failed", "failed")
    (error,) = [line for line in lines if line["level"] == "error"]
    assert error["error"] == "KeyError" and error["trace"][-1].startswith("tests.streams:")
    assert error["trace"][-1].endswith(" count")
    assert SECRET not in json.dumps(lines) and SECRET not in json.dumps(logs.troubles())
    assert [line["event"] for line in logs.troubles()][-1] == error["event"], "the last one comes first"


def test_what_a_page_raises_is_in_it_without_its_words(log):
    try:
        raise ZeroDivisionError(SECRET)
    except ZeroDivisionError as error:
        logging.getLogger("streamlit.error_util").error("Uncaught %s", SECRET, exc_info=error)
    (line,) = log()
    assert (line["event"], line["error"]) == ("streamlit.error_util", "ZeroDivisionError")
    assert line["trace"][0].startswith(f"{__name__}:") and SECRET not in json.dumps(line)
    assert logs.troubles() == [line]


def test_a_wrong_input_is_not_a_trouble(log):
    wait(Jobs().start("k", "t", partial(count, 0, 0.0, ValueError(SECRET))))
    wait(Jobs().start("k", "t", partial(count, 0, 0.0, ValueError(SECRET)), process=True))
    assert logs.troubles() == []


@pytest.mark.parametrize("place", ["", "stderr", "/proc/nas/log"])
def test_it_goes_where_it_is_told_and_nowhere_else(place):
    code = "from nas_core import logs; logs.note('x', 40); logs.start(); logs.note('hello', n=1)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={logs.PLACE: place})
    assert (ran.returncode, ran.stdout) == (0, "")
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [line["event"] for line in lines] == {"": [], "stderr": ["hello"]}.get(place, ["log file failed", "hello"])
    assert not lines or lines[-1]["n"] == 1
