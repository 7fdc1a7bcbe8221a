"""Predictors: guess the accuracy of untrained networks from a few trained ones, and see how well that works."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core.benchmarks import Table
from nas_core.charts import comparison as charts
from nas_core.jobs import Job
from nas_core.studies import predictor_reading, predictor_study, recorded
from nas_core.studies.predictor_study import BASELINE, MEASURES, Guess, PredictorStudy, Score
from nas_core.types import counted
from ui import (
    cell_details,
    choices,
    downloads,
    figures,
    job_panel,
    missing_table,
    own_cache,
    predictor_form,
    table_choice,
    tables,
)
from ui.frame import frame
from ui.server import jobs, watches
from ui.study_form import study_form
from ui.words import standout, unbroken

TITLE = "Predictors"
ICON = ":material/online_prediction:"
GROUP = "Understand"
CLOSER = "closer"  # the key of the part that shows one predictor
TREES = (
    "Gradient boosting differs slightly between processors with and without AVX-512, by up to 0.01 in Kendall’s tau; "
    "what comes with the app was measured without."
)
QUESTION = "Can a few trained networks predict all the others?"


def key(study: PredictorStudy) -> str:
    return f"predictors {study.key}"


def start(study: PredictorStudy) -> None:
    """Measure in the background, or what a stopped job has not done yet."""
    before = jobs().get(key(study))
    make = partial(predictor_study.run, study, tuple(before.items) if before else ())
    jobs().start(key(study), "Predictors", make, process=True, total=study.steps)


def measure(box: DeltaGenerator) -> str:
    """What the curves show."""
    titles = {m.title: key for key, m in MEASURES.items()}
    explained = "\n\n".join(f"**{m.title}**: {m.help}" for m in MEASURES.values())
    return titles[choices.one(box, "Measure", "measure", titles, explained)]


@own_cache.data(max_entries=64)
def ceiling(study_key: str, _study: PredictorStudy) -> float:
    """Kendall's tau of the learned signal itself."""
    return predictor_study.cells(_study).ceiling


def curves(study: PredictorStudy, scores: list[Score], quantity: str) -> None:
    """The learning curves of what is done so far."""
    top = ceiling(study.key, study) if quantity == "kendall" else None
    figures.altair(
        charts.learning_curves(scores, MEASURES[quantity], study.names, predictor_form.names(), top),
        key="curves",
        alt=f"{MEASURES[quantity].title} by the number of trained networks",
    )


def headline(study: PredictorStudy, scores: list[Score]) -> None:
    """Which predictor ranks best."""
    if sentences := predictor_reading.answer(scores, study.names, ceiling(study.key, study)):
        st.markdown(standout(sentences[0]), unsafe_allow_html=True)
        st.markdown(unbroken(" ".join(sentences[1:])))


def summary(study: PredictorStudy, scores: list[Score], quantity: str) -> None:
    """Does each beat the plain forest; the numbers behind the curves."""
    for name, verdict in predictor_reading.against_baseline(scores, study.names).items():
        st.markdown(unbroken(f"- **{predictor_study.title(name)}** {verdict}."))
    data = charts.curves_frame(scores, MEASURES[quantity])
    with choices.fold("The numbers", "predictor_numbers", ":material/table:"):
        tables.show(data)
    downloads.csv(data, "predictor-curves", "Curves")
    downloads.csv(lambda: charts.scores_frame(scores), "predictor-scores", "Every score")


def closer(table: Table, study: PredictorStudy, best: str) -> None:
    """One predictor, at first the best, after one training set: what it said of every network, and what was true."""
    st.subheader("Predicted and true", anchor=False)
    boxes = st.columns(3)
    sizes, splits = [str(size) for size in study.sizes], [str(i) for i in range(study.splits)]
    titles = {predictor_study.title(name): name for name in (*study.names, BASELINE)}
    start = predictor_study.title(best) if best else ""
    name = titles[choices.one(boxes[0], "Predictor", "predictor", titles, start=start)]
    size = int(choices.one(boxes[1], "Networks in the training set", "learned", sizes, start=sizes[-1]))
    split = int(choices.one(boxes[2], "Split", "split", splits, "Which random draw of trained networks."))
    job_key = f"guess {study.key} {name} {size} {split}"
    begin = partial(
        jobs().start,
        job_key,
        "Predicting all networks",
        partial(predictor_study.guess, study, name, split, size),
        process=True,
    )
    job = jobs().get(job_key)
    if job is None or (job.state == "stopped" and not watches(job_key)):
        job = begin()
    if not job.over:
        job_panel.follow(job, part=CLOSER)
    elif job.items:
        scatter(table, study, job.items[0])
    else:
        job_panel.outcome(job, "Stopped before all networks were predicted.")
        job_panel.start_button("Predict all networks", begin, key="guess_run")


def scatter(table: Table, study: PredictorStudy, guess: Guess) -> None:
    """The picture, and the one that was clicked."""
    left, right = st.columns([3, 2], gap="large")
    data = charts.scatter_frame(guess)
    choice = figures.clicked("scatter", "predicted_network")
    choice = choice if choice in guess.rows else None
    at = guess.best if choice is None else guess.position(choice)
    with left:
        after = "" if study.epochs is None else f" after {counted(study.epochs, 'epoch')}"
        truth = f"test accuracy{table.after(table.epochs_of(predictor_study.TRUTH))}"
        chart = charts.predicted_vs_true(data, f"validation accuracy{after}", truth, int(guess.rows[at]))
        figures.altair(
            chart, key="scatter", alt="Predicted and true values", on_select="rerun", selection_mode=charts.CELL
        )
        st.caption(
            f"{len(data):,} of {len(guess.rows):,} networks. Points below the axis are drawn at its edge. "
            "Click one to see it."
        )
        downloads.csv(
            lambda: charts.scatter_frame(guess, most=len(guess.rows)), "predicted-and-true", "Predicted and true"
        )
    with right:
        one(table, guess, at, clicked=choice is not None)


def one(table: Table, guess: Guess, at: int, clicked: bool) -> None:
    """One architecture: drawing, what was predicted, what is true."""
    row = int(guess.rows[at])
    cell_details.card(table, row, "" if clicked else ", the highest prediction")
    boxes = st.columns(2)
    boxes[0].metric(
        "Predicted",
        f"{guess.predicted[at]:.2f} %",
        unbroken(f"± {guess.doubt[at]:.2f} points"),
        delta_color="off",
        delta_arrow="off",
        help="± is one standard deviation of the prediction.",
    )
    boxes[1].metric(
        "True",
        f"{guess.truth[at]:.2f} %",
        f"rank {guess.rank(at):,}",
        delta_color="off",
        delta_arrow="off",
        help="Test accuracy at full training, and its rank among these.",
    )
    if guess.trained[at]:
        st.caption("This network was in the training set.")
    cell_details.open_on_explore(table, row)


def button(study: PredictorStudy, job: Job | None) -> None:
    """The button that measures."""
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Continue" if job is not None and job.items else "Measure"
        job_panel.start_button(label, start, study, key="predictor_run")
        st.caption(f"{study.steps} trainings of a predictor: seconds to minutes.")


def draw(
    box: DeltaGenerator, picture: DeltaGenerator, below: DeltaGenerator, table: Table, study: PredictorStudy
) -> None:
    """The answer and the curves, whose measure is chosen in `box`; below the form what is behind them."""
    job: Job | None = jobs().get(key(study))
    running = job is not None and not job.over
    scores = list(job.items) if job is not None else recorded.scores(study)
    with picture:
        if not running:
            job_panel.outcome(job)
        if not running and (job.state != "done" if job is not None else not scores):
            button(study, job)
        if job is not None and running:
            quantity = measure(box)
            job_panel.follow(job, lambda j: curves(study, j.items, quantity) if j.items else None, every=1.0)
        elif scores:
            headline(study, scores)
            quantity = measure(box)
            curves(study, scores, quantity)
            origin = "This study comes with the app; its times are those of one thread of a shared CPU. "
            trees = TREES if "gradient_boosting" in study.names else ""
            if caption := (origin if job is None else "") + trees:
                st.caption(caption)
        else:
            st.info(
                "Nothing has been measured with these settings yet. Press Measure: each predictor is trained on some "
                "networks of the table and tested on all the others.",
                icon=":material/hourglass_empty:",
            )
    if scores and not running:
        with below:
            summary(study, scores, quantity)
            best = predictor_reading.best(scores, study.names)
            st.fragment(closer, key=CLOSER)(table, study, best)  # else its job would close the menu Export


def page() -> None:
    """The choosers, the picture and the form."""
    *boxes, measure_box = st.container(key="two-a-row-choices").columns(4, vertical_alignment="bottom")
    picture = st.container()
    with picture:
        table = table_choice.choose(boxes[0], boxes[1], accuracies=True)
    with study_form("Measure other predictors, or with other training sets", "predict"):
        answer = predictor_form.study(table, boxes[2])
    below = st.container()
    if isinstance(answer, str):
        picture.warning(answer, icon=":material/warning:")
    else:
        draw(measure_box, picture, below, table, answer)


frame(TITLE, QUESTION)
if not missing_table.offered():
    page()
