"""The experiment on regularized evolution: what is run, what comes back, and sentences that claim no more than that."""

import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from nas_core import benchmarks, child, race, runner, verification
from nas_core.benchmarks.pocket_topology import PocketTopology
from nas_core.experiment_file import Experiment
from nas_core.history import History
from nas_core.studies import lab, lab_reading
from nas_core.studies.lab import LabPlan, LabSearch, Results


def plan(**changes):
    said = dict(
        benchmark="tiny",
        dataset="numbers",
        compare="dies",
        levels=("oldest", "worst"),
        under="noise",
        circumstances=("none", "frozen"),
        fixed={"population": 5, "epochs": 1},
        seeds=12,
        trials=20,
    )
    return LabPlan(**{**said, **changes})


def searched(p, done=(), processes=1):
    """The searches of `p`."""
    return [item for item in lab.run(p, processes, done) if item is not child.TICK]


def made_up(values, perfect=None, **changes):
    """Results of which every trial found values float[levels, circumstances, seeds]."""
    values = np.asarray(values, float)
    names = ("none", "frozen", "redrawn")[: values.shape[1]]
    p = plan(levels=("oldest", "worst", "random")[: len(values)], circumstances=names, seeds=values.shape[2], **changes)
    flat = values.reshape(-1, values.shape[2])
    best = np.full(flat.shape, 90.0) if perfect is None else np.broadcast_to(perfect, flat.shape)
    return Results(p, np.repeat(flat[:, :, None], p.trials, 2).astype(np.float32), best.astype(np.float32), 90.0)


def test_settings_are_all_combinations_and_nothing_else_changes():
    p = plan()
    assert p.shape == (2, 2)
    varied = [(s["dies"], s["noise"]) for s in p.settings]
    assert varied == [("oldest", "none"), ("oldest", "frozen"), ("worst", "none"), ("worst", "frozen")]
    assert {(s["population"], s["sample"], s["mutation"], s["epochs"]) for s in p.settings} == {
        (5, 3, "uniform edge", 1)
    }
    alone = plan(under="", circumstances=())
    assert alone.shape == (2, 1) and len(alone.settings) == 2
    assert p.key != alone.key and p.key == plan().key


def test_a_table_that_knows_less_than_half_is_refused(tables, monkeypatch):
    table = benchmarks.create("tiny", "numbers")
    whole = table.column("val_acc")
    for known, fine in ((24, True), (12, True), (11, False)):
        table = benchmarks.create("tiny", "numbers")
        monkeypatch.setattr(table, "column", lambda _, known=known: np.where(np.arange(24) < known, whole, np.nan))
        if fine:
            lab.check(table)
        else:
            with pytest.raises(ValueError, match="knows 11 of 24 "):
                lab.check(table)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (dict(under="dies"), "two different factors"),
        (dict(levels=("oldest",)), "at least two levels of 'who dies'"),
        (dict(circumstances=()), "at least one level of 'errors in the reward'"),
        (dict(compare="sample", levels=(1, 2, 3, 5, 10, 20, 50), circumstances=("none", "frozen", "redrawn")), "20"),
        (dict(under="noise_size", circumstances=(1.0, 2.0)), "errors that are not there have no size"),
    ],
)
def test_what_makes_no_experiment_is_refused_in_words(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        plan(**changes)


def test_a_setting_is_the_search_it_says(tables):
    p = plan(compare="dies", levels=("oldest", "worst", "random"), fixed={"sample": 2, "noise_size": 3.0})
    specs = [p.spec(setting, seed=7) for setting in p.settings]
    assert [(s.strategy, s.params.get("dies", "")) for s in specs[::2]] == [
        ("regularized_evolution", ""),
        ("non_aging_evolution", ""),  # by itself the worst dies
        ("non_aging_evolution", "random"),
    ]
    assert all(s.params["sample_size"] == 2 and s.max_trials == 20 and s.seed == 7 for s in specs)
    assert specs[0].benchmark_params == {}
    assert specs[1].benchmark_params == {"reward_noise": "frozen", "noise_size": 3.0, "noise_seed": lab.OF_THE_RUN}
    for spec in specs:
        runner.check(spec)


def test_frozen_errors_of_a_run_are_those_of_its_seed(tables):
    spec = plan(fixed={"noise_size": 3.0}).spec({**plan().settings[1], "noise_size": 3.0}, seed=7)
    assert spec.benchmark_params["noise_seed"] == lab.OF_THE_RUN
    own = replace(spec, benchmark_params=spec.benchmark_params | {"noise_seed": 7})
    other = replace(spec, benchmark_params=spec.benchmark_params | {"noise_seed": 8})
    seen = [History.of(runner.run(s)).values().tolist() for s in (spec, own, other)]
    assert seen[0] == seen[1] != seen[2]
    assert not verification.check(list(runner.run(spec)))  # one that was imported


def test_its_searches_are_an_experiment(tables):
    p = plan()
    one = Experiment.of(p.specs, p.title)
    assert len(one.settings) == len(p.settings) and one.runs == len(p.settings) * p.seeds
    assert len(race.entrants([SimpleNamespace(spec=spec) for spec in p.specs])) == len(p.settings)


def test_a_search_is_kept_as_what_it_found(tables):
    p = plan()
    one = next(one for one in searched(p) if one.settings == [1] and one.seed == 10)
    table = benchmarks.create("tiny", "numbers")
    truth = table.column("test_acc")
    history = History.of(runner.run(p.spec(p.settings[1], 10)))
    rows = [table.space.index(arch) for arch in history.archs]
    np.testing.assert_allclose(one.accuracy, truth[np.array(rows)[history.incumbent()]])


def test_two_settings_that_are_the_same_search_both_have_it(tables):
    p = plan(compare="noise_size", levels=(0.5, 1.0), under="noise", seeds=2)
    results = Results.of(p, searched(p))
    assert results.searches == 8 and np.isfinite(results.accuracy).all()
    same, other = results.accuracy[[0, 2]], results.accuracy[[1, 3]]  # no errors, frozen errors
    assert np.array_equal(*same) and not np.array_equal(*other)


def test_settings_of_one_seed_start_from_the_same_population(tables):
    p = plan()
    first = [History.of(runner.run(p.spec(setting, 3))).archs[:5] for setting in p.settings]
    assert all(archs == first[0] for archs in first)


def test_the_reward_prefers_what_a_search_of_every_cell_would_end(tables):
    p = plan(seeds=3)
    results = Results.of(p, searched(p))
    table = benchmarks.create("tiny", "numbers")
    seen, truth = table.column("val_acc", 1), table.column("test_acc")
    assert results.favourites()[0, 0] == pytest.approx(truth[seen == seen.max()].mean(), abs=1e-4)
    assert results.optimum == truth.max() and (results.favourites() <= results.optimum + 1e-4).all()
    frozen = [
        benchmarks.create("tiny", "numbers", search_epochs=1, reward_noise="frozen", noise_size=1.0, noise_seed=k)
        for k in range(3)
    ]
    assert results.favourites()[0, 1] == pytest.approx(
        np.mean([truth[t.search_column("val_acc").argmax()] for t in frozen]), abs=1e-3
    )


def test_results_grow_search_by_search(tables):
    p = plan()
    done = searched(p)
    assert len(done) == len(p.specs) == 48
    assert [(*one.settings, one.seed) for one in done[:5]] == [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1)]
    assert Results.of(p, []).seeds == 0
    half = Results.of(p, done[:42])
    assert half.seeds == 10 and half.searches == 42 and np.isnan(half.values(20)[1, 1, 10:]).all()
    whole = Results.of(p, searched(p, done[:42]))
    assert whole.seeds == 12 and np.isfinite(whole.accuracy).all()
    np.testing.assert_array_equal(whole.values(20)[:, :, :10], half.values(20)[:, :, :10])


def test_two_processes_give_what_one_gives():
    p = plan(benchmark="pocket_topology", dataset="cluttered_digits", fixed={}, seeds=2, trials=12)
    if why := PocketTopology.missing(p.dataset):
        pytest.skip(why)
    one, two = (Results.of(p, searched(p, processes=processes)) for processes in (1, 2))
    np.testing.assert_array_equal(one.accuracy, two.accuracy)
    np.testing.assert_array_equal(one.perfect, two.perfect)


RNG = np.random.default_rng(0)


def reading(results):
    return lab_reading.reading(results, 20, lab_reading.claims(results, 20))


def noise(levels, circumstances, seeds=40):
    return 80 + RNG.normal(0, 1, (levels, circumstances, seeds))


def test_an_answer_that_depends_is_said_to_depend():
    values = noise(2, 2)
    values[0, 0] += 2  # oldest is ahead without errors
    values[1, 1] += 2  # worst with frozen ones
    sentences = reading(made_up(values))
    assert (
        sentences[0]
        == "It depends: with no errors, oldest dies does better than worst dies; with frozen errors it is the reverse."
    )
    assert sentences[1].startswith("Paired at 40 seeds; with all 6 comparisons counted, the chance of any false claim")
    assert sentences[2].startswith("With no errors: oldest dies beats worst dies on ")
    assert sentences[3].startswith("With frozen errors: worst dies beats oldest dies on ")


def test_an_effect_is_claimed_only_where_it_is_shown():
    values = noise(3, 2)
    values[2, 0] -= 3
    sentences = reading(made_up(values))
    assert sentences[0].startswith("“Who dies” matters, by up to 3") and sentences[0].endswith("only with no errors.")
    assert "random dies on" in sentences[2] or "beats random dies" in sentences[2]
    assert "no difference is shown" in sentences[3]
    values[2, 1] -= 3
    assert "under every circumstance here" in reading(made_up(values))[0]


def test_chance_is_not_an_answer():
    claims = [reading(made_up(noise(3, 3, 30)))[0] for _ in range(30)]
    assert sum("is not shown to matter; if it does, then by at most" in claim for claim in claims) >= 27


def test_settings_that_are_equal_are_still_two_settings():
    sentences = reading(made_up(np.broadcast_to(noise(1, 1), (2, 2, 40))))
    assert sentences[0] == "“Who dies” (oldest, worst) is not shown to matter; if it does, then by at most 0.00 points."
    assert sentences[2].startswith("With no errors: no difference is shown between oldest dies and worst dies")


def test_too_few_seeds_say_nothing():
    assert reading(made_up(noise(2, 2, 5))) == [
        "With 5 searches of each setting nothing can be said yet; it takes at least 8."
    ]
    assert "With 0 searches" in reading(made_up(np.full((2, 2, 8), np.nan)))[0]


def test_searches_that_found_nothing_are_counted_and_said():
    values = noise(2, 2, 10)
    values[0, 0, :3] = np.nan
    sentences = reading(made_up(values))
    assert sentences[0].startswith("With 7 searches of each setting that found something nothing can be said yet")
    assert sentences[1] == "3 of 40 searches found nothing; the numbers are of the others."
    values = noise(2, 2, 12)
    values[0, 0, :3] = np.nan
    assert reading(made_up(values))[2] == "3 of 48 searches found nothing; the numbers are of the others."
    values = noise(2, 2, 10)
    values[0, 0, :8] = np.nan
    sentences = reading(made_up(values))
    assert sentences[0].startswith("With 2 searches of each setting that found something nothing can be said yet")
    assert sentences[1].startswith("8 of 40 searches found nothing")
    assert reading(made_up(noise(2, 2, 10)))[2].startswith("With no errors: ")


def test_what_the_reward_prefers_is_told_from_the_search():
    values = noise(2, 2)
    best = reading(made_up(values))[-1]
    assert best == "A search that looked at every network would end at the best one there is, 90.00 %."
    biased = reading(made_up(values, perfect=89.0))[-1]
    assert biased.startswith(
        "Even a search that looked at every network would end 1.00 points below the best one, 90.00 %"
    )
    assert "settings end above" not in biased
    below = reading(made_up(values, perfect=[[79.0], [79.5], [70.0], [88.0]]))[-1]
    assert (
        "would end up to 20.00 points below"
        in reading(made_up(values, perfect=[[90.0], [70.0], [90.00001], [88.0]]))[-1]
    )
    assert "2.00 to 20.00 points below" in below and "3 of 4 settings end above that line" in below


def test_every_factor_can_be_varied_and_has_words_for_its_levels(tables):
    table = benchmarks.create("tiny", "numbers")
    for name, factor in lab.FACTORS.items():
        levels = lab.levels(name, table)
        assert lab.start(name, table) in levels
        assert len({factor.words(level) for level in levels}) == len(levels)
        held = {"noise": "frozen"} if name == "noise_size" else {}
        p = plan(compare=name, levels=tuple(levels[:2]), under="", circumstances=(), fixed=held, seeds=1, trials=5)
        assert np.isfinite(Results.of(p, searched(p)).accuracy).all()


def test_a_search_is_small_and_can_be_sent_to_another_process(tables):
    back = pickle.loads(pickle.dumps(searched(plan(seeds=1))[0]))
    assert isinstance(back, LabSearch) and back.accuracy.nbytes == 20 * 4
