"""Streamlit's cache for what is made of a visitor's own runs and tables: no other visitor is given it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import streamlit as st

from nas_core import places

F = TypeVar("F", bound=Callable[..., Any])


def resource(max_entries: int, show_spinner: str | bool = False) -> Callable[[F], F]:
    """As `st.cache_resource`, for each owner apart; where visitors are not kept apart there is one."""
    return _apart(st.cache_resource(show_spinner=show_spinner, max_entries=max_entries))


def data(max_entries: int, show_spinner: str | bool = False) -> Callable[[F], F]:
    """As `st.cache_data`, likewise."""
    return _apart(st.cache_data(show_spinner=show_spinner, max_entries=max_entries))


def _apart(cache: Any) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        def with_owner(owner: str, *args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        first = inspect.Parameter("owner", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        rest = inspect.signature(function).parameters.values()
        wraps(function)(with_owner)
        with_owner.__signature__ = inspect.Signature([first, *rest])  # type: ignore[attr-defined]  # which arguments count
        by_owner = cache(cast(F, with_owner))

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return by_owner(places.owner(), *args, **kwargs)

        call.clear = by_owner.clear  # type: ignore[attr-defined]
        return cast(F, call)

    return decorate
