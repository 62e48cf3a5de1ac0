"""The wire: HTTP/1.1 on loopback, dated by the double's clock."""

from __future__ import annotations

from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson

from demo.gcp.door import Door
from demo.gcp.faults import Dropped

HOST = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """A thread for each connection; connections stay open."""

    daemon_threads = True

    def __init__(self, door: Door) -> None:
        super().__init__((HOST, 0), Handler)
        self.door = door


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet

    def _go(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            role = self.headers.get("Authorization", "").removeprefix("Bearer local-")
            status, answer = self.server.door.handle(self.command, self.path, raw, role=role)
        except Dropped:
            self.close_connection = True
            return
        content = orjson.dumps(answer)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _go  # noqa: N815 - the names that http.server calls

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by the double's clock."""
        if timestamp is not None:
            return super().date_time_string(timestamp)
        return format_datetime(self.server.door.estate.clock.now(), usegmt=True)

    def log_message(self, *_: object) -> None:
        """Nothing on standard error: `LocalGCP.calls` has it all."""
