"""Who looks at a page, where strangers use the app: a secret key in the browser's cookie, or who has logged in.

What a visitor makes is in a folder that is named by a hash of the key (`nas_core.places`). A link to somebody's
experiment opens their folder for as long as the page that shows it is drawn; then nothing can be written. What a click
asks for is done before the page is drawn, and always for the visitor who clicked.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import RunLocation, ThreadState

from nas_core import housekeeping, places, settings
from nas_core.store import is_id
from ui.assets import read

COOKIE = "nas_explorer_key"
YEAR = 365 * 86_400  # seconds
_KEY = re.compile(r"[A-Za-z0-9_-]{32}")
_SESSION = "visitor"  # in the session: the key of a visitor whose browser has none yet
_HOST = "host"  # in the session: whose experiment the page shows, "" for the visitor's own
_OWNER = "owner"  # in the session: whose folder the page reads, which is asked hundreds of times while it is drawn
_keep_key = st.components.v2.component("nas_keep_key", js=read("keep_key.js"))


def public() -> bool:
    """Whether strangers use this app, who are kept apart."""
    return settings.current().public


def name() -> str:
    """Of whoever looks at this page: the owner of what they make where visitors are apart, else only their session."""
    if not _has_session():
        return ""
    return places.owner_of(_key()) if public() else _session_key()


def host() -> str:
    """Whose experiment this page shows; "" for one's own."""
    return str(st.session_state.get(_HOST, "")) if _draws() else ""


def visit(ids: Sequence[str]) -> None:
    """Show these experiments: the folder of whoever has the first is opened; one's own if one has it, or nobody."""
    own = name() if public() else ""
    st.session_state[_HOST], st.session_state[_OWNER] = "", own
    if not own or not ids or not is_id(ids[0]):
        return
    file = f"experiments/{ids[0]}.json"
    if not (places.place_of(own) / file).exists():
        there = places.shared_place().glob(f"visitors/*/{file}")
        host = next((path.parent.parent.name for path in there), "")
        st.session_state[_HOST], st.session_state[_OWNER] = host, host or own


def full() -> str:
    """Why this visitor may not bring in more; "" if they may."""
    return housekeeping.full(settings.current(), places.owner())


def keep_key() -> None:
    """Let the browser keep the key of a visitor who has come for the first time."""
    if public() and not _identity() and not _cookie():
        _keep_key(key="keep key", data={"name": COOKIE, "value": _session_key(), "seconds": YEAR})


def account() -> None:
    """A button to log in or out, where the operator has set that up."""
    if not public() or not _can_log_in():
        return
    if _identity():
        who = st.user.get("name") or st.user.get("email") or "you"
        st.button("Log out", icon=":material/logout:", help=f"Logged in as {who}.", on_click=st.logout, type="tertiary")
    else:
        st.button(
            "Log in",
            icon=":material/login:",
            help="Then your experiments are there in every browser. What you have made without is not taken along.",
            on_click=st.login,
            type="tertiary",
        )


def _has_session() -> bool:
    """True in the thread of a page, which knows whose it is; False in that of a job."""
    return get_script_run_ctx() is not None


def _draws() -> bool:
    """True while a page or a part of it is drawn: not in a callback, and not in a thread of a job."""
    return _has_session() and ThreadState.get().run_location is not RunLocation.CALLBACK


def _owner() -> str:
    if not _has_session():
        return ""
    owner = st.session_state.get(_OWNER) if _draws() else None
    if owner is None:  # in a callback, and before the frame of a first page
        return name() if public() else ""
    return str(owner)


def _key() -> str:
    return _identity() or _cookie() or _session_key()


def _session_key() -> str:
    key: str = st.session_state.setdefault(_SESSION, secrets.token_urlsafe(24))
    return key


def _cookie() -> str:
    key = st.context.cookies.get(COOKIE, "")
    return key if _KEY.fullmatch(key) else ""


def _can_log_in() -> bool:
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def _identity() -> str:
    """The same for one account of one provider, whatever browser it comes from; "" without."""
    if not _can_log_in() or not st.user.is_logged_in:
        return ""
    return f"account {st.user.get('iss', '')} {st.user['sub']}"


places.ask_owner = _owner
places.ask_host = host
