"""Questions that have been answered, as cards: picture, sentence, and a link to the view that made both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import urlencode

import streamlit as st

from nas_core import gallery
from nas_core.gallery import Answer, Question
from ui import downloads
from ui.words import unbroken

ACROSS = 3  # cards in a row


def cards(questions: Sequence[Question]) -> None:
    """A card for each."""
    by_title, place = gallery.answers(), st.container(key="gallery")
    for first in range(0, len(questions), ACROSS):
        row = questions[first : first + ACROSS]
        for column, question in zip(place.columns(ACROSS), row, strict=False):
            answer = by_title[question.title]
            with column.container(border=True, height="stretch"):
                st.markdown(answer.picture, unsafe_allow_html=True)
                downloads.picture(answer.picture, question.title, question.title, _origin(question, answer))
                st.page_link(question.page, label=f"**{question.title}**", query_params=question.link)
                st.caption(unbroken(answer.sentence))


def _origin(question: Question, answer: Answer) -> dict[str, str]:
    """What the file of a picture says of it: the view that made it says the rest."""
    page = PurePath(question.page).stem.partition("_")[2]
    link = f"{page}?{urlencode(question.link, doseq=True)}"
    return {"title": question.title, "finding": answer.sentence, "link": link}
