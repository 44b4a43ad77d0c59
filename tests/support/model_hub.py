"""A model hub on this machine: the part of the real one's interface that downloads use."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """The files of the server, its injected faults, and the requests it got."""

    repos: dict[str, Path]
    cut_after: dict[str, int] = field(default_factory=dict)
    """File name to the number of bytes after which the connection breaks, once."""
    status: int | None = None
    """An HTTP status to answer everything with."""
    gated: set[str] = field(default_factory=set)
    claimed_size: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    endpoint: str = ""

    def fetched(self) -> list[tuple[str, str | None]]:
        """The files that were sent, each with the requested range."""
        return [(path.rsplit("/", 1)[1], part) for verb, path, part in self.asked if verb == "GET"]


@contextmanager
def serve(repos: dict[str, Path]) -> Iterator[Hub]:
    """Run a hub on loopback during the block."""
    hub = Hub(repos)

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format, *args):
        pass

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        path = self.path.split("?")[0]
        if self.hub.status:
            self._fail(self.hub.status)
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/main)?", path):
            self._describe(found[1])
        elif found := re.fullmatch(rf"/([^/]+/[^/]+)/resolve/(?:main|{COMMIT})/(.+)", path):
            self._file(found[1], found[2])
        else:
            self._fail(404)

    def _fail(self, status, code=None):
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _repo(self, name):
        if name not in self.hub.repos:
            self._fail(404, "RepoNotFound")
        elif name in self.hub.gated:
            self._fail(403, "GatedRepo")
        else:
            return self.hub.repos[name]
        return None

    def _describe(self, name):
        if not (folder := self._repo(name)):
            return
        files = []
        for file in sorted(folder.iterdir()):
            size = self.hub.claimed_size.get(file.name, file.stat().st_size)
            entry = {"rfilename": file.name, "size": size, "blobId": _digest(file)}
            if file.suffix == ".safetensors":
                entry |= {"lfs": {"sha256": _digest(file), "size": size, "pointerSize": 134}}
            files.append(entry)
        body = json.dumps({"id": name, "sha": COMMIT, "siblings": files}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self, repo, name):
        self.hub.asked.append((self.command, self.path, self.headers["Range"]))
        if not (folder := self._repo(repo)):
            return
        file = folder / name
        if not file.is_file():
            self._fail(404, "EntryNotFound")
            return
        data = file.read_bytes()
        part = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        start = int(part[1]) if part else 0
        self.send_response(206 if part else 200)
        if part:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("ETag", f'"{_digest(file)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        end = self.hub.cut_after.pop(name, None)
        self.wfile.write(data[start:end])
        if end is not None:
            self.close_connection = True


def _digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()
