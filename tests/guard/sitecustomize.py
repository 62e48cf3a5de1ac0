"""No socket leaves loopback: an audit hook that refuses to connect, send or resolve anything else, and writes down that it did.

Python imports a module of this name at start: tests/conftest.py puts this folder on PYTHONPATH, so that every Python process a
test starts is guarded as well. An audit hook sees each call below the socket module and cannot be taken out again. It does not
see C++ clients (gRPC, libpq, Chromium): the first is not used, the others are given loopback addresses by their own fixtures.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from typing import Any

LOG = "LOOPBACK_GUARD_LOG"
"""The environment variable that names the file where each refusal is written: code under test may swallow the exception."""

ADDRESSED = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


class LeftLoopback(OSError):
    """Something tried to reach another machine."""


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse before the call is made: an audit event is raised first."""
    if event in ADDRESSED:
        sock, address = arguments[0], arguments[1]
        if address is None or sock.family == socket.AF_UNIX:
            return
        host = address[0] if isinstance(address, tuple) else address
    elif event in RESOLVING:
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        refuse(event, host)


def is_loopback(host: object) -> bool:
    """Whether a name or address is this machine's loopback. No host at all means "any of ours", as servers ask for."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "localhost")
    if text == "localhost":
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def refuse(event: str, host: object) -> None:
    """Write it down, for the test to fail even where the error is handled, and raise."""
    message = f"{event} {host!r} in process {os.getpid()}: {' '.join(sys.argv[:3])}"
    if path := os.environ.get(LOG):
        with open(path, "a", encoding="utf-8") as log:
            log.write(message + "\n")
    raise LeftLoopback(f"tests stay on loopback: {message}")


sys.addaudithook(hook)
