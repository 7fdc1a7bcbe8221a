"""The Search page: its form makes the specs, a link says everything, nonsense is answered in words."""

import itertools

import pytest

from nas_core import plugins, searches
from nas_core.benchmarks import Benchmark
from nas_core.cli._options import make_spec, open_benchmark
from nas_core.spaces.topology import Topology
from nas_core.strategies import Strategy
from nas_core.types import Objective, RunSpec
from tests.searching import SMALL, charts, linked, opened, run_all, tab
from tests.unit.test_jobs import wait
from tests.visit import shown, verbatim
from ui import figures, search_form
from ui.server import jobs, store


@pytest.fixture
def page(tables):
    return opened(**SMALL)


def test_nothing_run_yet_says_why_and_what_to_do(page):
    page.run()
    assert not page.exception
    assert "Press Run" in page.info[0].value
    assert "9 searches by 3 strategies, about 108 trainings" in " ".join(c.value for c in page.caption)


def saveable(page):
    """The keys of the figures that the menu Export offers."""
    return set(page.session_state[figures.HERE].figures)


def test_a_run_ends_with_curves_a_verdict_a_table_and_the_inside_of_a_run(page):
    run_all(page.run())
    assert not page.exception
    assert charts(page) == {"incumbents", "reached"}
    assert len(page.get("vega_lite_chart")) == 1  # average ranks; three seeds are too few for intervals
    table = page.dataframe[0].value
    assert len(page.dataframe[1].value) == 3  # pairs
    assert any("cannot be compared" in m.value or "at 12 trainings" in m.value for m in page.markdown)
    assert sorted(table["strategy"]) == ["local search", "random search", "regularized evolution"]
    assert set(table["runs"]) == {3}
    assert charts(tab(page, "Inside one run")) == {"incumbents", "variety"}
    assert {"belief", "incumbent"} <= shown(page).figures.keys()
    assert {"family tree", "options in the last trainings"} <= saveable(page)
    assert verbatim(page)[-1].startswith("python -m nas_core run --benchmark formula")
    assert charts(tab(page, "Learning curves")) == {"incumbents", "incumbent training"}
    assert verbatim(tab(page, "Repeat"))[0].startswith("python -m nas_core sweep --benchmark formula")
    assert len(store().ids()) == 9


def test_once_it_runs_the_form_is_put_away_and_a_line_says_what_is_searched(page):
    run_all(page.run())
    line = "**random search · regularized evolution · local search**, 12 trainings × 3 runs on Formula · numbers"
    assert line == page.expander[0].label
    assert page.query_params["edit"] == "false" and page.session_state["edit"] is False
    assert opened(**SMALL, edit="false").run().session_state["edit"] is False


def test_beside_the_curves_stands_how_far_the_others_are_behind(page):
    linked(page, runs="10")
    run_all(page)
    gaps, _ranks = page.get("vega_lite_chart")
    assert not page.exception and "random search" in str(gaps.proto)


def test_the_same_link_on_the_same_server_shows_the_runs_at_once(page, tables):
    run_all(page.run())
    again = opened(**SMALL).run()
    assert not again.exception
    assert "incumbents" in charts(again)
    assert not [b for b in again.button if b.key == "run_button"]


def test_more_runs_continue_and_keep_the_old_ones(page):
    run_all(page.run())
    page.number_input(key="runs").set_value(4).run()
    assert page.button(key="run_button").label == "Continue: 9 of 12 are done"
    run_all(page)
    assert len(store().ids()) == 12


def test_a_run_from_the_page_has_the_id_of_the_command_line(page):
    linked(
        page,
        strategies="regularized_evolution",
        runs="1",
        first_seed="7",
        **{"regularized_evolution.population_size": "4", "formula.search_epochs": "2"},
    )
    run_all(page)
    benchmark = open_benchmark("formula", "numbers", {"search_epochs": "2"})
    spec = make_spec(
        benchmark, "regularized_evolution", {"population_size": "4"}, [Objective("val_acc")], max_trials=12, seed=7
    )
    assert store().ids() == [spec.id]


def test_the_time_budget_is_in_the_link_and_in_the_spec(page):
    linked(page, strategies="random_search", runs="1", budget="time", seconds="300")
    run_all(page)
    assert not page.exception
    spec = RunSpec("formula", "numbers", "random_search", max_seconds=300.0)
    assert store().ids() == [spec.id]
    assert verbatim(tab(page, "Inside one run"))[-1].endswith("--strategy random_search --seconds 300 --seed 0")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("trials", "-5", "must be a whole number from 1 to 10,000"),
        ("trials", "many", "must be a whole number"),
        ("runs", "100000", "must be a whole number from 1 to 100"),
        ("workers", "1.5", "must be a whole number"),
        ("strategies", "evolutoin", "“Strategies” to “evolutoin”, which does not exist"),
        ("benchmark", "cifar", "the benchmark “cifar”, which does not exist"),
        ("objective", "test_acc", "the objective “test_acc”, which does not exist"),
        ("budget", "money", "the budget “money”, which does not exist"),
        ("regularized_evolution.population_size", "0", "population_size must be between 1 and 1000"),
        ("regularized_evolution.mutation", "x", "mutation must be one of"),
    ],
)
def test_nonsense_in_the_link_gets_one_sentence_and_the_default(page, key, value, said):
    linked(page, **{key: value})
    assert not page.exception
    assert said in " ".join(w.value for w in page.warning)


@pytest.mark.parametrize(
    ("key", "value"),
    [("axis", "sideways"), ("report", "luck"), ("run", "0"), ("at", "99"), ("after", "7000"), ("goal", "glory")],
)
def test_nonsense_about_the_view_is_answered_too(page, key, value):
    run_all(page.run())
    place = {"tab": "Inside one run"} if key in ("run", "at") else {}
    again = opened(**(SMALL | place | {key: value})).run()
    assert not again.exception
    assert value in " ".join(w.value for w in again.warning)
    assert "incumbents" in charts(again)


def test_the_comparison_can_be_made_earlier_and_at_another_goal(page):
    run_all(page.run())
    page.slider(key="after").set_value(50).run()
    assert not page.exception
    assert any("at 6 trainings" in m.value for m in page.markdown)
    page.selectbox(key="goal").set_value("in the top 5 %").run()
    assert not page.exception


def test_a_learned_policy_can_be_shown_in_place_of_the_last_trainings(page):
    linked(page, strategies="ppo", runs="1")
    tab(run_all(page), "Inside one run")
    assert not page.exception
    assert "family tree" not in saveable(page)  # nothing has parents
    assert {"options in the policy", "options in the last trainings"} <= saveable(page)


def test_a_model_is_held_against_what_came_out(page):
    linked(page, strategies="gp_hamming", runs="1", trials="20", **{"gp_hamming.initial": "4"})
    tab(run_all(page), "Inside one run")
    assert not page.exception
    assert "predicted" in charts(page) and "family tree" in saveable(page)
    assert any("what the model predicts" in m.value.lower() for m in page.markdown)


def test_too_much_for_one_go_is_said_and_cannot_be_started(page):
    linked(page, trials="10000", runs="100")
    assert "at once, so that other visitors" in page.warning[0].value
    assert not [b for b in page.button if b.key == "run_button"]
    four = ["random_search", "local_search", "regularized_evolution", "simulated_annealing"]
    page.multiselect(key="strategies").set_value(four).run()
    page.number_input(key="trials").set_value(1).run()
    assert "400 searches are too many" in page.warning[0].value


def test_the_chooser_shows_titles_and_the_link_keeps_names(page):
    linked(page, strategies=["ppo", "random_search"])
    chooser = page.multiselect(key="strategies")
    assert chooser.value == ["ppo", "random_search"]
    assert {"PPO", "random search", "TPE (tree-structured Parzen estimator) · Bayesian"} <= set(chooser.options)
    chooser.set_value(["gp_wl"]).run()
    assert page.query_params["strategies"] == "gp_wl"
    page.multiselect(key="strategies").set_value(list(search_form.DEFAULT)).run()
    assert "strategies" not in page.query_params


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("REA", "regularized_evolution"),
        ("aging", "regularized_evolution"),
        ("BO", "gp_hamming"),
        ("bayesian", "tpe"),
        ("GP", "gp_wl"),
        ("HB", "hyperband"),
        ("one-shot", "darts"),
    ],
)
def test_the_menu_has_the_words_that_people_type_and_a_choice_is_shown_by_its_title(page, typed, name):
    linked(page, strategies="random_search")
    chooser = page.multiselect(key="strategies")
    entry = plugins.get(Strategy, name).entry()
    assert entry in [option for option in chooser.options if typed.lower() in option.lower()]
    families = [plugins.get(Strategy, n).family for n in search_form.choices.by_family(plugins.find(Strategy))]
    assert families[0] == "baseline" and len(list(itertools.groupby(families))) == len(set(families))
    page.session_state["strategies"] = ["random search", entry]  # as a browser sends what its menu said
    page.run()
    assert page.multiselect(key="strategies").value == ["random_search", name]
    assert entry not in page.multiselect(key="strategies").options
    assert page.query_params["strategies"] == ["random_search", name]


def test_the_menu_marks_what_needs_pytorch_and_what_takes_minutes(page):
    linked(page, strategies="random_search")
    chooser = page.multiselect(key="strategies")
    marked = [option for option in chooser.options if option.endswith(" · needs PyTorch · takes minutes")]
    assert [option.partition(" ")[0] for option in marked] == ["DARTS", "ENAS", "GDAS", "RSPS"]
    slow = [option for option in chooser.options if option.endswith("takes minutes") and option not in marked]
    assert [option.partition(" ")[0] for option in slow] == ["BANANAS", "NPENAS"]
    assert "**evolution**\n\n* **Genetic algorithm**: Mixes" in chooser.help


def test_the_chosen_strategies_are_kept_while_the_visitor_is_on_another_page(page):
    page.run()
    page.multiselect(key="strategies").set_value(["ppo"]).run()
    page.query_params.clear()
    page.switch_page("pages/30_runs.py").run()
    page.switch_page("pages/20_search.py").run()
    assert page.multiselect(key="strategies").value == ["ppo"]
    assert page.query_params["strategies"] == "ppo"


def test_no_strategy_is_said(page):
    page.run()
    page.multiselect(key="strategies").set_value([]).run()
    assert page.warning[0].value == "Choose at least one strategy."


def test_a_damaged_run_is_said_and_repeating_it_mends_it(page):
    linked(page, strategies="random_search", runs="1")
    run_all(page)
    (run,) = store().ids()
    store().path(run).write_text("nonsense\n")
    page.run()
    assert not page.exception
    assert "damaged" in page.error[0].value
    next(b for b in page.button if b.label == "Run all again").click().run()
    for job in jobs().active():
        wait(job)
    page.run()
    assert not page.error
    assert store().has_ended(run)


def test_what_a_link_asks_for_is_what_it_was_made_of(tables):
    specs = [
        RunSpec("formula", "numbers", s, p, {"search_epochs": 2}, max_trials=12, workers=2, seed=seed)
        for s, p in (("random_search", {}), ("regularized_evolution", {"population_size": 4}))
        for seed in (3, 4)
    ]
    link = search_form.link(specs)
    assert link["strategies"] == ["random_search", "regularized_evolution"]
    assert (link["runs"], link["first_seed"], link["trials"], link["budget"]) == ("2", "3", "12", "trainings")
    assert link["regularized_evolution.population_size"] == "4"
    assert link["formula.search_epochs"] == "2"
    assert search_form.link([]) == {}
    assert search_form.link(specs[:3]) == {}  # one page cannot show two seeds of one strategy and one of another


def test_a_link_to_saved_runs_shows_them(page):
    specs = [RunSpec("formula", "numbers", "local_search", max_trials=12, seed=seed) for seed in (5, 6)]
    wait(searches.start(jobs(), store(), specs))
    again = opened(**(search_form.link(specs))).run()
    assert not again.exception
    assert again.dataframe[0].value["runs"].tolist() == [2]


def test_every_single_objective_strategy_can_be_chosen(page):
    page.run()
    offered = page.multiselect(key="strategies").options
    known = plugins.find(Strategy).values()
    assert len(offered) == sum(s.family != "multi-objective" and s.searches(Topology) for s in known)


def test_every_table_that_is_there_opens(page):
    for name, table in plugins.find(Benchmark).items():
        if name == "real" or table.missing(table.datasets[0]):
            continue
        assert not opened(benchmark=name).run().exception


def test_a_closed_form_without_a_plan_draws_once(tables):
    page = opened(**SMALL, edit="false", limits="nonsense").run(timeout=15)
    assert not page.exception and "cannot be read" in page.error[0].value
