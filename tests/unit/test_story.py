"""A run told training by training: every sentence against a run made by hand."""

import math

from nas_core.history import History
from nas_core.spaces.topology import Topology
from nas_core.studies import story
from nas_core.types import Objective, RunSpec, Started, Suggestion, Told, Trial

SPACE = Topology()
MADE = [  # (architecture, accuracy or None where it failed, info)
    ((0, 0, 0, 0, 0, 0), 60.0, {"phase": "initial"}),
    ((0, 1, 0, 0, 0, 0), 61.5, {"phase": "evolve", "parents": [0]}),
    ((0, 3, 1, 0, 0, 0), 61.25, {"phase": "evolve", "parents": [1]}),
    ((0, 3, 1, 0, 0, 0), None, {"phase": "evolve", "parents": [2]}),
    ((1, 1, 1, 1, 1, 0), 61.5, {"phase": "evolve", "parents": [1]}),
    ((1, 3, 1, 1, 1, 0), 70.0, {"phase": "evolve", "parents": [2, 4]}),
    ((1, 1, 0, 0, 0, 0), 50.0, {"phase": "3 epochs"}),
    ((1, 1, 0, 0, 0, 0), 50.0, {"phase": "policy"}),
]


def told(goal: str = "max", unit: str = "%") -> list[str]:
    spec = RunSpec("b", "d", "s", objectives=(Objective("val_acc", goal),), max_trials=9, seed=0)
    events: list = [Started(spec, "1")]
    for number, (arch, value, info) in enumerate(MADE):
        loss = math.inf if value is None else spec.objectives[0].loss(value)
        metrics = {} if value is None else {"val_acc": value}
        trial = Trial(number, Suggestion(arch, info=info), 0.0, 1.0, metrics, (loss,), "" if value else "no memory")
        events.append(Told(trial))
    return story.sentences(History.of(events), SPACE, unit)


def test_every_training_says_where_it_came_from_and_what_it_was_worth():
    assert told() == [
        "Training 1: drawn at random to begin with. 60.00 %. New incumbent.",
        "Training 2: 2←0 none → skip, from training 1. 61.50 %, 1.50 points better than its parent. New incumbent.",
        "Training 3: 2←0 skip → conv 3×3, 2←1 none → skip, from training 2. 61.25 %, 0.25 points worse than its "
        "parent.",
        "Training 4: unchanged, from training 3. It failed.",
        "Training 5: 1←0 none → skip, 2←1 none → skip, 3←0 none → skip and 1 more, from training 2. 61.50 %, as its "
        "parent.",
        "Training 6: a mix of trainings 3 and 5. 70.00 %. New incumbent.",
        "Training 7: 3 epochs. 50.00 %.",
        "Training 8: drawn from the policy. 50.00 %.",
    ]


def test_where_less_is_better_a_loss_is_a_gain():
    sentences = told("min", "")
    assert "61.50, 1.50 worse than its parent." in sentences[1]
    assert "New incumbent" not in sentences[1]
    assert "0.25 better" in sentences[2]
