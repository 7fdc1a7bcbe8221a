"""The Search page where something is missing: a strategy that has not run yet, cells that a table does not know."""

from nas_core import searches
from nas_core.sources import user_table
from nas_core.types import RunSpec
from tests.searching import SMALL, charts, made, opened, run_all
from tests.unit.test_jobs import wait
from ui import search_form
from ui.server import jobs


def own(cells, name):
    """A link to a table of one's own, of this name, that knows these cells."""
    lines = "".join(f"\nown:{cell},{50 + cell / 1000}" for cell in cells)
    user_table.save(user_table.read(f"arch,val_acc{lines}".encode(), "a.csv", "topology"), name, "")
    return SMALL | {"benchmark": "own_topology", "dataset": name, "strategies": "random_search"}


def test_a_strategy_that_has_not_run_is_said_to_wait(tables):
    page = run_all(opened(**SMALL, strategies="random_search").run())
    assert any("Add a strategy" in c.value for c in page.caption)
    page.multiselect(key="strategies").set_value(["random search", "local search"]).run()
    assert page.button(key="run_button").label == "Continue: 3 of 6 are done"
    assert page.info[0].value == "Local search has not run yet; press Continue."
    assert not any("alone" in m.value or "Add a strategy" in m.value for m in page.markdown)
    assert page.dataframe[0].value["strategy"].tolist() == ["random search"]


def test_a_table_that_knows_few_cells_says_so_before_and_after(data_folder):
    page = opened(**own([4711, 9000], "two cells")).run()
    assert page.info[0].value.startswith("This table has 2 of 15,625 cells;")
    run_all(page)
    assert not page.exception and "incumbents" not in charts(page)
    assert "found nothing in 36 trainings" in page.info[1].value
    assert page.info[1].value.endswith("This table knows 2 of 15,625 cells.")
    assert "36 of 36 trainings failed: what was searched for has no value there." in page.info[1].value


def test_searches_that_found_nothing_are_counted(data_folder):
    page = run_all(opened(**own(range(0, 15_625, 12), "every twelfth")).run())
    assert not page.exception and "incumbents" in charts(page)
    found = int(page.dataframe[0].value["runs"][0])
    assert 0 < found < 3  # by the seeds of these runs
    assert f"{3 - found} of 3 searches found nothing; the numbers are of the others." in [c.value for c in page.caption]
    assert any("of 36 trainings failed: what was searched for has no value" in c.value for c in page.caption)


def test_a_name_that_people_type_leads_to_the_chosen_one_too(tables):
    page = opened(**SMALL, strategies="regularized_evolution").run()
    page.session_state["strategies"] = ["regularized evolution", "REA", "hb", "evolutoin"]  # typed by a visitor
    page.run()
    assert not page.exception
    assert page.multiselect(key="strategies").value == ["regularized_evolution", "hyperband"]
    assert "“REA” is regularized evolution, which is chosen already." in [c.value for c in page.caption]
    assert "“evolutoin” is not the name of one of the strategies; look for it in the menu." in [
        w.value for w in page.warning
    ]


def test_an_example_opens_with_its_answer_also_where_another_experiment_has_some_of_its_runs(tables, monkeypatch):
    names = ("random_search", "regularized_evolution", "local_search")
    specs = [RunSpec("formula", "numbers", name, max_trials=12, seed=seed) for name in names for seed in range(3)]
    monkeypatch.setattr(search_form, "examples", lambda: {searches.key(specs)})
    made(specs[:3])
    page = opened(**SMALL).run()
    for job in jobs().active():
        wait(job)
    page.run()
    assert not page.exception and not [b for b in page.button if b.label.startswith("Continue")]
    assert sorted(page.dataframe[0].value["strategy"]) == ["local search", "random search", "regularized evolution"]
