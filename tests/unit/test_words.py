"""Messages become sentences, and signs that markdown reads stay as they are."""

import pytest

from nas_core.studies.compare import sentences
from ui import cell_details, cell_editor
from ui.words import plain, safe_sentence, sentence, standout, unbroken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no such cell", "No such cell."),
        ("Done.", "Done."),
        ("a.csv is empty", "a.csv is empty."),
        ("|a~0| is none; see x.", "|a~0| is none; see x."),
    ],
)
def test_a_message_becomes_a_sentence(text, said):
    assert sentence(text) == sentence(ValueError(text)) == safe_sentence(text) == said


def test_markdown_leaves_an_architecture_alone():
    assert plain("|none~0|") == r"\|none\~0\|"


def test_a_number_and_its_unit_stay_on_one_line():
    said = unbroken("95 % interval: 75.83 ± 0.3 points, ± 0.1, of 20,000 s and 3 M nets; 5 stems")
    assert said.replace("\u00a0", "_") == "95_% interval: 75.83_±_0.3_points, ±_0.1, of 20,000_s and 3 M nets; 5 stems"
    assert "75.83\u00a0%" in standout("It has 75.83 %.")


def test_a_neighbour_without_a_number_is_said_to_lack_it():
    assert cell_details.number(8.691406, "%") == "8.69 %"  # as in the tables
    assert cell_editor._number(float("nan"), "%") == "missing" and cell_editor._number(71.234, "%") == "71.23 %"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a"], "a"),
        (["a", "b", "c"], "a, b and c"),
        (["GP, graph kernel", "GP, Hamming kernel"], "GP, graph kernel; and GP, Hamming kernel"),
        (["a", "GP, graph kernel", "b"], "a; GP, graph kernel; and b"),
    ],
)
def test_names_with_commas_are_told_apart(names, words):
    assert sentences.name_list(names) == words
