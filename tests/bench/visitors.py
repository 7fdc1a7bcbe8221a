"""Visitors without a browser: each is a real websocket session that does what Streamlit's own page would send.

It clicks buttons, lets fragments rerun themselves and asks again as the component of `job_panel` does, at the pace
that it is told. What it sees are the messages that a browser would draw.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

TRIGGER = "$$STREAMLIT_INTERNAL_KEY_{}__events"  # the widget that takes the triggers of a component


class Visitor:
    """One open page. `said` is everything it was told since the last click, in order, with the moment."""

    def __init__(self, socket: ClientConnection, address: str) -> None:
        self.socket, self.query, self.page = socket, urlsplit(address).query, ""
        self.path = urlsplit(address).path.strip("/")
        self.said: list[tuple[float, Any]] = []  # (time.monotonic(), element)
        self.trouble: list[str] = []
        self.bytes = 0
        self.runs = 0  # of the page's script, those of fragments included
        self._buttons: dict[str, tuple[str, str]] = {}  # {label: (widget, fragment)}
        self._rounds: dict[str, asyncio.Task[None]] = {}  # what asks again by itself, by fragment or component
        self._change = asyncio.Event()
        self._idle = False

    async def listen(self) -> None:
        """Take in what the server says until the connection ends."""
        async for raw in self.socket:
            self.bytes += len(raw)
            message = ForwardMsg.FromString(raw)  # type: ignore[arg-type]  # always bytes
            getattr(self, f"_{message.WhichOneof('type')}", lambda _: None)(message)
            self._change.set()

    async def send(self, fragment: str = "", auto: bool = False, widget: str = "", **value: Any) -> None:
        """Ask for a run of the page or of one fragment, with the new value of a widget."""
        back = BackMsg()
        state = back.rerun_script
        state.query_string, state.page_script_hash, state.fragment_id = self.query, self.page, fragment
        state.page_name, state.is_auto_rerun = ("" if self.page else self.path), auto
        if widget:
            state.widget_states.widgets.add(id=widget, **value)
        self._idle = False
        await self.socket.send(back.SerializeToString())

    async def click(self, label: str) -> float:
        """Press the button of that label; the moment when it was sent."""
        self.said.clear()
        widget, fragment = self._buttons[label]
        began = time.monotonic()
        await self.send(fragment, widget=widget, trigger_value=True)
        return began

    async def go(self, query: str) -> float:
        """Change what the address asks for, as a button does that writes it; the moment when it was sent."""
        self.said.clear()
        self.query = query
        began = time.monotonic()
        await self.send()
        return began

    async def until(self, condition: Callable[[Visitor], Any], patience: float = 60.0) -> None:
        """Wait until it holds; TimeoutError if it does not."""
        async with asyncio.timeout(patience):
            while not condition(self):
                self._change.clear()
                await self._change.wait()

    async def drawn(self) -> None:
        """Wait until the page stands still."""
        await self.until(lambda visitor: visitor._idle)

    def when(self, matches: Callable[[Any], Any]) -> float | None:
        """The moment of the first element for which `matches` is true; None if there was none."""
        return next((moment for moment, element in self.said if matches(element)), None)

    def _new_session(self, message: ForwardMsg) -> None:
        self.page = message.new_session.page_script_hash
        self.runs += 1
        if not message.metadata.run.fragment_ids:
            self._stop_rounds()

    def _navigation(self, message: ForwardMsg) -> None:
        self.page = message.navigation.page_script_hash

    def _script_finished(self, message: ForwardMsg) -> None:
        self._idle = message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _page_info_changed(self, message: ForwardMsg) -> None:
        self.query = message.page_info_changed.query_string

    def _auto_rerun(self, message: ForwardMsg) -> None:
        fragment, pause = message.auto_rerun.fragment_id, message.auto_rerun.interval
        if fragment not in self._rounds:
            self._rounds[fragment] = asyncio.create_task(self._again_and_again(fragment, pause))

    def _delta(self, message: ForwardMsg) -> None:
        delta = message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        self.said.append((time.monotonic(), element))
        match element.WhichOneof("type"):
            case "exception":
                self.trouble.append(f"{element.exception.type}: {element.exception.message}")
            case "button":
                self._buttons[element.button.label] = (element.button.id, delta.fragment_id)
            case "bidi_component" if (after := asks_after(element)) is not None:
                name = element.bidi_component.id
                if name in self._rounds:
                    self._rounds[name].cancel()
                self._rounds[name] = asyncio.create_task(self._ask(element, delta.fragment_id, after))

    async def _again_and_again(self, fragment: str, pause: float) -> None:
        with suppress(Exception):  # the connection ends
            while True:
                await asyncio.sleep(pause)
                await self.send(fragment, auto=True)

    async def _ask(self, element: Any, fragment: str, after: float) -> None:
        over = message(element).get("over", False)
        with suppress(Exception):
            await asyncio.sleep(0 if over else after)  # no picture has to be played to its end
            events = json.dumps([{"event": "again", "value": "played" if over else "more"}])
            await self.send(fragment, widget=TRIGGER.format(element.bidi_component.id), json_trigger_value=events)

    def _stop_rounds(self) -> None:
        for task in self._rounds.values():
            task.cancel()
        self._rounds.clear()


def asks_after(element: Any) -> float | None:
    """Seconds after which a component asks again; None if it does not."""
    return _given(element)["after"] / 1000 if _given(element) else None


def message(element: Any) -> dict[str, Any]:
    """What a component that asks again was given for a picture."""
    return _given(element).get("message") or {}


def _given(element: Any) -> dict[str, Any]:
    component = element.bidi_component
    return json.loads(component.json or component.mixed.json) if component.component_name == "nas_ask_again" else {}


class Visit:
    """An open session, as a context: it listens in the background and leaves at the end."""

    def __init__(self, url: str, address: str = "") -> None:
        self.url, self.address = url, address

    async def __aenter__(self) -> Visitor:
        host = self.url.removeprefix("http://")
        self.socket = await connect(
            f"ws://{host}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            ping_interval=None,
            open_timeout=60,
        )
        visitor = Visitor(self.socket, self.address)
        self.listener = asyncio.create_task(visitor.listen())
        await visitor.send()
        await visitor.drawn()
        return visitor

    async def __aexit__(self, *error: Any) -> None:
        self.listener.cancel()
        await self.socket.close()
