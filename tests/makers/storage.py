"""Google Cloud Storage on loopback: the part of its JSON API that snapshots use, with small pages and refusals on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 3
"""Names of one answer: a reader that stops at the first page misses most."""


@dataclass
class Storage:
    """Buckets of objects, and the statuses that the next requests get instead of answers."""

    buckets: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refuse: list[int] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    """HTTP methods that this caller may not use."""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, target: str, content: bytes) -> tuple[int, bytes]:
        """One request."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        words = parts.path.removeprefix("/upload").strip("/").split("/")
        self.asked.append(f"{method} {'/'.join(words[2:])}")
        if self.refuse:
            return self.refuse.pop(0), b"not now"
        if method in self.denied:
            return _fault(403, "does not have access")
        bucket = self.buckets.get(unquote(words[3]))
        if bucket is None:
            return _fault(404, "The specified bucket does not exist.")
        if method == "POST":
            bucket[query["name"]] = content
            return 200, b"{}"
        return _one(bucket, method, unquote(words[5])) if len(words) > 5 else _list(bucket, query)


def _one(bucket: dict[str, bytes], method: str, name: str) -> tuple[int, bytes]:
    if name not in bucket:
        return _fault(404, f"No such object: {name}")
    if method == "DELETE":
        del bucket[name]
        return 204, b""
    return 200, bucket[name]


def _list(bucket: dict[str, bytes], query: dict[str, str]) -> tuple[int, bytes]:
    names = sorted(name for name in bucket if name.startswith(query.get("prefix", "")))
    start = int(query.get("pageToken", "0"))
    page: dict[str, object] = {"items": [{"name": name} for name in names[start : start + PAGE]]}
    if start + PAGE < len(names):
        page["nextPageToken"] = str(start + PAGE)
    return 200, json.dumps(page).encode()


def _fault(status: int, message: str) -> tuple[int, bytes]:
    return status, json.dumps({"error": {"code": status, "message": message}}).encode()


@contextmanager
def storage(*buckets: str) -> Iterator[Storage]:
    """A running one; its `url` is what STORAGE_EMULATOR_HOST names."""
    kept = Storage({name: {} for name in buckets})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _go(self) -> None:
            status, content = kept.answer(self.command, self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _go  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
