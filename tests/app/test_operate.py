"""The operator's page: closed without its token, and then jobs, memory, errors and disk, without anybody's names."""

import logging
import threading

import pytest

from nas_core import logs
from tests.visit import link, markdown
from ui.frame import menu
from ui.server import jobs

TOKEN = "correct horse battery"
PAGE = "pages/90_operate.py"


def everything(app):
    tables = " ".join(frame.value.to_string() for frame in app.dataframe)
    return f"{markdown(app)} {tables} {[(m.label, m.value, m.delta) for m in app.metric]}"


@pytest.mark.parametrize("token", ["", "too short"])
def test_it_is_closed_where_no_operator_has_opened_it(token, monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_OPERATOR", token)
    app = link(PAGE).run()
    assert not app.exception and not app.metric and not app.text_input
    assert "NAS_EXPLORER_OPERATOR" in app.info[0].value
    assert "Operate" not in [page.title for page in menu()]


def test_the_token_opens_it(monkeypatch, data_folder):
    monkeypatch.setenv("NAS_EXPLORER_OPERATOR", TOKEN)
    monkeypatch.setenv("NAS_EXPLORER_DISK_MB", "700")
    app = link(PAGE).run()
    assert not app.metric and len(app.text_input) == 1
    app.text_input[0].set_value(TOKEN[:-1]).run()
    assert not app.metric and app.error[0].value == "That is not the token of this server."

    release, begun = threading.Event(), threading.Event()

    def wait_for_release():
        begun.set()
        release.wait(20)
        yield 1

    job = jobs().start("secret key", "secret title", wait_for_release)
    assert begun.wait(20)
    logs._latest.lines.clear()
    logging.getLogger("nas_core").error("job error", extra={"facts": {"error": "KeyError", "trace": ["a:1 b"]}})
    (data_folder / "runs").mkdir(parents=True, exist_ok=True)
    (data_folder / "runs" / "big.jsonl").write_bytes(b"x" * 3 * 2**20)
    app.text_input[0].set_value(TOKEN).run()
    release.set()
    assert not app.exception and not app.error
    said = everything(app)
    for part in ("wait_for_release", "running", "KeyError", "a:1 b", "runs", "3.0", "700 MB", "Visitors now"):
        assert part in said, part
    assert "secret" not in said
    assert dict((m.label, m.value) for m in app.metric)["Jobs at work"] == "1"
    while not job.over:
        pass
    logs._latest.lines.clear()
