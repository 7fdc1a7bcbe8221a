"""The real NATS-Bench files beside the repository, and a web server that hands them out as GitHub does, or badly."""

from __future__ import annotations

import functools
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import SHARED

UPSTREAM = SHARED / "nats" / "upstream"
OFFICIAL = SHARED / "nats" / "official"


class Server:
    """Serves ../shared/nats/upstream; `faults` maps a part of a path to what goes wrong there."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.faults: dict[str, str] = {}  # "404", "truncated", "corrupt", "dropped" or "slow"
        self.asked: list[str] = []  # paths, in order

    def fault(self, path: str) -> str:
        return next((what for part, what in self.faults.items() if part in path), "")


class _Handler(http.server.SimpleHTTPRequestHandler):
    server_of_files: Server

    def do_GET(self) -> None:
        self.server_of_files.asked.append(self.path)
        fault = self.server_of_files.fault(self.path)
        file = Path(self.translate_path(self.path))
        if fault == "404" or not file.is_file():
            self.send_error(404)
            return
        content = bytearray(file.read_bytes())
        if fault == "corrupt":
            content[len(content) // 2] ^= 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault == "slow":
            for start in range(0, len(content), 1 << 16):
                self.wfile.write(content[start : start + (1 << 16)])
                time.sleep(0.2)
        elif fault in ("truncated", "dropped"):
            self.wfile.write(content[: len(content) // 2])
            if fault == "dropped":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
            self.connection.close()
        else:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serve() -> Iterator[Server]:
    """A server on a free port of the loopback interface."""
    handler = type("Handler", (_Handler,), {})
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(UPSTREAM))
    ) as httpd:
        httpd.handle_error = lambda *_: None  # clients that hang up are part of the tests
        handler.server_of_files = Server(httpd.server_port)
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield handler.server_of_files
        httpd.shutdown()
