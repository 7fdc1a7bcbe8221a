"""A click counts for what the form says at that moment: one message may hold what was typed and the click after it."""

from tests.searching import SMALL, opened, run_all
from ui.links import PRESSED
from ui.server import jobs, store


def test_the_searches_that_run_are_those_typed_last(tables):
    page = opened(**SMALL).run()
    page.number_input(key="runs").set_value(2)
    run_all(page)
    assert not page.exception and len(store().ids()) == 6
    assert "12 trainings × 2 runs" in page.expander[0].label
    assert not [button for button in page.button if button.key == "run_button"]


def test_a_click_is_forgotten_where_the_page_is_left_before_it_is_drawn(tables):
    page = opened(**SMALL).run()
    page.session_state[PRESSED] = "run_button"
    page.switch_page("pages/70_data.py").run()
    page.switch_page("pages/20_search.py").run()
    assert not page.exception and not store().ids() and not jobs().active()


def test_the_link_says_at_once_that_the_form_is_put_away(tables):
    page = opened(**SMALL, edit="true").run()
    page.button(key="run_button").click().run()
    assert page.query_params["edit"] == "false"  # a link that is put right later undoes what is clicked until then
