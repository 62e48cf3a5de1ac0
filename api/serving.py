"""`sexton serve`: the loop in one thread, HTTP in the others, and an orderly end of both."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from api.client import TOKEN_FILE
from api.ending import NOTHING_READ, Stop

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from reapers.clock import Clock
    from reapers.service import Service
    from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)

LOCAL = "operator@localhost"
"""Whose the first token is. No policy names this address: it operates, and approves nothing."""

LASTS = timedelta(days=90)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens, before anything else is started. Stop with a sentence when it cannot."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise Stop(_why_not(error, host, port), NOTHING_READ) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken; stop what listens there, or set SEXTON_SERVE__PORT."
    if error.errno == errno.EACCES:
        return f"This user may not listen on port {port}; set SEXTON_SERVE__PORT to one above 1023."
    return f"Cannot listen on {host} port {port} ({error.strerror or error}); set SEXTON_SERVE__HOST."


def first_token(ledger: Ledger, clock: Clock, file: Path = TOKEN_FILE) -> None:
    """Write a token for the local operator (0600), unless a good one is there."""
    now = clock.now()
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if ledger.person(file.read_text(encoding="ascii").strip(), now):
            return
    text = ledger.add_token(LOCAL, "operator", now + LASTS, now)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text + "\n")
    log.info("wrote a token for the local operator to %s", file)


@contextlib.contextmanager
def looping(service: Service, failed: list[BaseException]) -> Iterator[threading.Thread]:
    """The loop in a thread of its own; at the end it finishes its round. What ends it by surprise is put into `failed`."""
    stop = threading.Event()

    def loop() -> None:
        try:
            service.run(stop)
        except BaseException as error:  # noqa: BLE001 - the top of a thread: it is raised again by whoever waits for it
            failed.append(error)

    thread = threading.Thread(target=loop, name="reaper")
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        service.wake()
        thread.join()


def serve(app: FastAPI, service: Service, sock: socket.socket) -> None:
    """HTTP and the loop until a signal, or until the loop fails: API without a loop would look alive and do nothing."""
    import uvicorn

    config = uvicorn.Config(
        app, log_config=None, lifespan="off", access_log=False, server_header=False, timeout_graceful_shutdown=10
    )
    server = uvicorn.Server(config)
    failed: list[BaseException] = []
    _end_on_terminate()
    with looping(service, failed) as thread:
        threading.Thread(target=_watch, args=(thread, server), name="watch", daemon=True).start()
        server.run(sockets=[sock])
    if failed:
        raise failed[0]


def _watch(thread: threading.Thread, server: uvicorn.Server) -> None:
    thread.join()
    server.should_exit = True


def _end_on_terminate() -> None:
    """SIGTERM ends the program as Ctrl-C does, with everything closed. uvicorn passes it on to us after its own end."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
