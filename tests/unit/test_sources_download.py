"""A server that means no good: an endless file, redirects without end, to other schemes or to somewhere else."""

import hashlib
import http.server
import threading

import pytest

from nas_core.sources import download
from nas_core.sources.catalogue import PinnedArchive
from nas_core.sources.download import SourceError

CONTENT = b"0123456789" * 100_000
FILE = PinnedArchive("http://nowhere", "data.bin", len(CONTENT), hashlib.md5(CONTENT).hexdigest(), "nobody")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.paths.append(self.path)
        getattr(self, self.server.way)()

    def say(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def endless(self):
        self.say(200)
        while self.server.sent < 1 << 30:
            self.wfile.write(bytes(1 << 16))
            self.server.sent += 1 << 16

    def round_and_round(self):
        self.say(302, Location=f"/{len(self.server.paths)}")

    def to_a_file(self):
        self.say(302, Location="file:///etc/passwd")

    def moved(self):
        if self.path != "/new":
            return self.say(302, Location="/new")
        self.say(200)
        self.wfile.write(CONTENT)

    def in_small_chunks(self):
        self.protocol_version = "HTTP/1.1"
        self.say(200, Transfer_Encoding="chunked", Connection="close")
        for start in range(0, len(CONTENT), 5000):
            self.wfile.write(b"1388\r\n" + CONTENT[start : start + 5000] + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 0)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.handle_error = lambda *_: None
        httpd.paths, httpd.sent = [], 0
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield httpd
        httpd.shutdown()


def fetch(server, way):
    server.way = way
    return list(download.download([FILE], f"http://127.0.0.1:{server.server_port}"))


def test_an_endless_file_is_dropped_at_the_pinned_size(server):
    with pytest.raises(
        SourceError, match=r"data.bin from 127.0.0.1:\d+ is larger than the pinned size of 1,000,000 by"
    ):
        fetch(server, "endless")
    assert server.sent < 16 << 20  # the pinned megabyte and what is on the way
    assert not [f for f in download.cache_dir().rglob("*") if f.is_file() and f.name != ".lock"]


def test_redirects_are_counted(server):
    with pytest.raises(SourceError, match=r"127.0.0.1:\d+ redirected too often \(more than 5 times\)"):
        fetch(server, "round_and_round")
    assert len(server.paths) == 1 + download.REDIRECTS


def test_a_redirect_leads_to_the_web_only(server):
    with pytest.raises(SourceError, match="redirected to an address that is not http or https"):
        fetch(server, "to_a_file")


@pytest.mark.parametrize("way", ["moved", "in_small_chunks"])
def test_an_honest_server_is_believed(server, way):
    assert fetch(server, way)[-1].done == len(CONTENT)
    assert download.path(FILE).read_bytes() == CONTENT


@pytest.mark.parametrize("mirror", ["file:///tmp", "ftp://host", "localhost:80"])
def test_a_mirror_is_a_web_address(mirror):
    with pytest.raises(ValueError, match=f"'{mirror}' is not a web address"):
        list(download.download([FILE], mirror))
