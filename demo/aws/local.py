"""LocalAWS: several AWS accounts on this machine's loopback, in this process."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

from demo.aws.calls import BY_HAND, Call
from demo.aws.clock import MotoClock
from demo.aws.door import Door, Hook
from demo.aws.faults import Fault
from reapers.clock import Clock

HOST = "127.0.0.1"
REGION = "us-east-1"


class LocalAWS:
    """moto's semantics behind a door of ours: real access keys, roles, faults, pages, a clock.

    One per process at a time, as moto keeps its estate in globals: making one begins with an empty estate. `accounts` are ids;
    the first is the one whose keys `environment()` hands out, and it may assume any role in all of them. The same `seed` and
    order of calls give the same ids. With a `clock`, moto and the Date header follow it.
    """

    def __init__(self, accounts: Sequence[str] = ("111122223333",), clock: Clock | None = None, seed: int = 7) -> None:
        os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # 1291 images with a snapshot each that nobody asked for
        from moto.moto_api._internal import mock_random
        from moto.moto_api._internal.models import moto_api_backend

        self.accounts = tuple(accounts)
        self.clock = MotoClock(clock)
        self.clock.install()
        moto_api_backend.reset()
        mock_random.seed(seed)
        self._keys = {account: _user(account) for account in self.accounts}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self.door = Door(_moto(), self.clock, {key["AWS_ACCESS_KEY_ID"]: account for account, key in self._keys.items()})
        self._server = _server(self.door, self.clock)
        self.url = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> LocalAWS:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self, account: str = "") -> Mapping[str, str]:
        """What botocore needs to come here as an account's user (the first account's), and nothing of this machine's own."""
        return {
            **self._keys[account or self.accounts[0]],
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str, account: str = "", region: str = REGION) -> Any:
        """A client of one's own, for making an estate and for looking at it: as an account's user."""
        from botocore.config import Config

        wanted = service, account or self.accounts[0], region
        if wanted not in self._clients:
            keys = self._keys[wanted[1]]
            self._clients[wanted] = _session().create_client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
                config=Config(retries={"total_max_attempts": 1}, user_agent_extra=BY_HAND),
            )
        return self._clients[wanted]

    @contextmanager
    def ago(self, **span: float) -> Iterator[None]:
        """What is made inside (by one thread) was made that long ago: `with aws.ago(days=40): …`."""
        with self.clock.ago(timedelta(**span)):
            yield

    @property
    def calls(self) -> Sequence[Call]:
        """Every call so far."""
        return tuple(self.door.calls)

    def forget_calls(self) -> None:
        """Begin the list of calls anew."""
        self.door.calls.clear()

    def fail(self, code: str, **where: Any) -> Fault:
        """Let calls fail: `aws.fail("UnauthorizedOperation", service="ec2", action="Describe*", times=2)`. See `Fault`."""
        fault = Fault(code=code, **where)
        self.door.faults.rows.append(fault)
        return fault

    def heal(self) -> None:
        """No more faults."""
        self.door.faults.rows.clear()

    @contextmanager
    def on_call(self, hook: Hook) -> Iterator[None]:
        """Inside, `hook(call, "before" | "after")` is called around each call that is carried out."""
        self.door.hooks.append(hook)
        try:
            yield
        finally:
            self.door.hooks.remove(hook)

    @contextmanager
    def pages_of(self, largest: int) -> Iterator[None]:
        """Inside, no page holds more items than this, however many are asked for."""
        before, self.door.largest_page = self.door.largest_page, largest
        try:
            yield
        finally:
            self.door.largest_page = before


@cache
def _session() -> Any:
    """One for all, as it holds the services' models."""
    import botocore.session

    return botocore.session.Session()


def _user(account: str) -> dict[str, str]:
    """A user of the account and its access key."""
    from moto.iam.models import iam_backends

    iam = iam_backends[account]["aws"]
    iam.create_user(REGION, "local")
    key = iam.create_access_key("local")
    return {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}


def _moto() -> Any:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return DomainDispatcherApplication(create_backend_app)


def _server(door: Door, clock: MotoClock) -> Any:
    """HTTP/1.1 with a thread and connection per call, which is werkzeug's way; answers are dated by the clock."""
    from email.utils import format_datetime

    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    class Handler(MotoRequestHandler):
        protocol_version = "HTTP/1.1"

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(clock.now(), usegmt=True) if timestamp is None else super().date_time_string(timestamp)

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(HOST, 0, door, threaded=True, request_handler=Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]  # make_server's type hides ThreadingMixIn
    return server
