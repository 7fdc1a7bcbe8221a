"""Every page opens: in light and dark, and with nonsense in its address."""

import ast
from functools import cache

import pytest

from tests.conftest import ROOT
from tests.visit import link
from ui.frame import pages

PAGES = [page.path for page in pages()]
every_page = pytest.mark.parametrize("page", PAGES)


@every_page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_opens_from_the_home_page(page, theme):
    at = link("app.py")
    at.context = {"theme": theme}
    at.run()
    if page != "app.py":
        at.switch_page(page).run()
    assert not at.exception
    assert len(at.title) == 1
    assert at.title[0].value


@cache
def names():
    """Every short text in the source of the pages that could be the name of a query parameter."""
    files = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "ui").glob("*.py")]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return sorted(text for text in texts if text.isidentifier() and len(text) <= 24)


@every_page
@pytest.mark.parametrize("nonsense", ["☕", "-1", "1e999", "../../etc/passwd", "<script>alert(1)</script>"])
def test_nonsense_in_the_address_is_survived(page, nonsense):
    assert len(names()) > 10
    at = link(page, {name: nonsense for name in names() if not name.startswith("embed")})
    for _ in range(2):
        assert not at.run().exception
        assert at.title


def test_the_menu_lists_every_page_once():
    files = {"app.py", *(f"pages/{f.name}" for f in (ROOT / "pages").glob("[!_]*.py"))}
    assert set(PAGES) == files
    assert len({page.title for page in pages()}) == len(PAGES)
    assert all(page.icon.startswith(":material/") and page.group for page in pages())


def test_a_link_by_identifiers_opens_that_table_and_keeps_it(nats_tables):
    """As the command line and older links name it, whatever runs again by itself."""
    app = link("pages/10_explore.py", {"benchmark": "nats_topology", "dataset": "cifar100"}).run().run().run()
    assert not app.exception and not app.warning
    assert (app.selectbox(key="benchmark").value, app.selectbox(key="dataset").value) == ("nats_topology", "cifar100")
    assert app.query_params["dataset"] == "CIFAR-100"
