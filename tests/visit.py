"""Visits the app without a browser: opens a page by a link, presses its buttons, waits for what it started."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from tests.watching import watch
from ui import exported_data, figures
from ui.server import jobs


def link(page: str, parameters: Mapping[str, Any] | None = None) -> AppTest:
    """A first visitor who follows a link to `page` ("pages/20_search.py", "app.py"), before anything is drawn."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != "app.py":
        app.switch_page(page)
    for name, value in (parameters or {}).items():
        app.query_params[name] = value
    return app


def press(app: AppTest, label: str) -> AppTest:
    """The page after a click on the first button whose label begins with `label`; StopIteration if there is none."""
    return next(b for b in app.button if b.label.startswith(label)).click().run()


def finish(app: AppTest) -> AppTest:
    """The page when its jobs are over, those included that it starts when another has ended."""
    while True:
        watch()
        app.run()
        if not jobs().active():
            return app


def origin(app: AppTest) -> dict[str, Any]:
    """What the files of the page say of their origin."""
    return exported_data.about(shown(app))


def shown(app: AppTest) -> figures.OnPage:
    """What the menu Export has."""
    return app.session_state[figures.HERE]


def verbatim(block: Any) -> list[str]:
    """What a page or a part of it offers to copy."""
    found = (re.fullmatch(r"<div class='verbatim'><div>(.*)</div><button.*", m.value) for m in block.markdown)
    return [html.unescape(match[1]) for match in found if match]


def markdown(app: AppTest) -> str:
    """Everything the page says in Markdown, with plain spaces."""
    return " ".join(m.value for m in app.markdown).replace("\u00a0", " ")


def captions(app: AppTest) -> str:
    """Everything the page says in small letters, with plain spaces."""
    return " ".join(c.value for c in app.caption).replace("\u00a0", " ")
