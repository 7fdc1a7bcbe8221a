"""Files from a visitor's disk, no larger than the page reads and than the settings of the server allow.

The browser refuses larger ones; what comes by another way is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from nas_core import settings
from ui.words import safe_sentence


def file(box: Any, label: str, types: Sequence[str], most: int, key: str, **looks: Any) -> Any | None:
    """The file that was chosen; None, and a sentence, for one of more than `most` MB. `looks`: as of Streamlit."""
    upload = box.file_uploader(label, list(types), key=key, max_upload_size=_limit(most), **looks)
    if upload and (sentence := _refusal(upload, most)):
        st.error(safe_sentence(sentence), icon=":material/upload_file:")
        return None
    return upload


def files(box: Any, label: str, types: Sequence[str], most: int, key: str) -> tuple[list[Any], list[str]]:
    """(the files that were chosen, a sentence for each other that is too large)."""
    uploads = box.file_uploader(label, list(types), accept_multiple_files=True, key=key, max_upload_size=_limit(most))
    refused = [(one, _refusal(one, most)) for one in uploads]
    return [one for one, sentence in refused if not sentence], [sentence for _, sentence in refused if sentence]


def _limit(most: int) -> int:
    """MB."""
    return min(most, settings.current().upload_mb or most)


def _refusal(upload: Any, most: int) -> str:
    if upload.size <= (limit := _limit(most)) << 20:
        return ""
    return f"{upload.name} has {-(-upload.size >> 20):,} MB, and at most {limit:,} MB can be uploaded here."
