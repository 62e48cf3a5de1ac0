"""No socket leaves loopback, and the guard that says so works."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

TEST_NET = "192.0.2.1"
"""Reserved for documentation: nobody is there (RFC 5737)."""

Refusals = Callable[[], list[str]]
ROOT = Path(__file__).parents[1]


def left_loopback() -> type[OSError]:
    found: type[OSError] = sys.modules["sitecustomize"].LeftLoopback
    return found


def test_refuses_before_connecting(refusals: Refusals) -> None:
    with socket.socket() as sock:
        sock.setblocking(False)
        with pytest.raises(left_loopback()):
            sock.connect((TEST_NET, 9))
        # A connect that had gone out would be under way, and the socket would know its peer's route.
        assert sock.getsockname() == ("0.0.0.0", 0)
    assert len(refusals()) == 1


@pytest.mark.parametrize("host", ["sexton.example", TEST_NET, "2001:db8::1", b"sexton.example"])
def test_refuses_to_resolve(host: str | bytes, refusals: Refusals) -> None:
    with pytest.raises(left_loopback()):
        socket.getaddrinfo(host, 443)
    assert len(refusals()) == 1


def test_refuses_datagrams(refusals: Refusals) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(left_loopback()):
        sock.sendto(b"hello", (TEST_NET, 9))
    assert len(refusals()) == 1


def test_loopback_and_unix_sockets_work(refusals: Refusals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        server.bind(f"{folder}/door")
        server.listen()
        client.connect(f"{folder}/door")
    assert refusals() == []


def test_child_processes_are_guarded(refusals: Refusals) -> None:
    code = f"import socket; socket.create_connection(({TEST_NET!r}, 9), timeout=1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert child.returncode == 1
    assert "LeftLoopback" in child.stderr
    assert len(refusals()) == 1


def test_a_leak_fails_its_test_even_where_the_error_is_handled() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/guard/leaks.py"]
    inner = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert inner.returncode == 1, inner.stdout
    assert "left loopback" in inner.stdout
    assert "1 passed, 1 error" in inner.stdout
