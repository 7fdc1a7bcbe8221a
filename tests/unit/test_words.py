"""Messages become sentences, and signs that markdown reads stay as they are."""

import pytest

from ui.words import plain, sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [("no such cell", "No such cell."), ("Done.", "Done."), ("|a~0| is none; see x.", "|a~0| is none; see x.")],
)
def test_a_message_becomes_a_sentence(text, said):
    assert sentence(text) == sentence(ValueError(text)) == said


def test_markdown_leaves_an_architecture_alone():
    assert plain("|none~0|") == r"\|none\~0\|"
