"""One botocore session for every account: clients are shared, and each call is signed with the credentials of who makes it.

A client costs 5-30 ms and 0.3 MB, so that 500 accounts × 17 regions × 20 services with clients of their own would not fit.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
import botocore.utils
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.loaders import Loader, create_loader

from reapers.clouds.dates import Dates

_SIGNER: ContextVar[Credentials] = ContextVar("signer")
"""Whose credentials sign the call being made. No default: a call without an account must fail, not sign as somebody."""

_READING = Config(
    retries={"mode": "standard", "total_max_attempts": 5},  # adaptive mode would let one throttled account slow all others
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=64,  # the scan's default number of threads
    user_agent_extra="sexton",
)
_ACTING = _READING.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
"""What a cloud may have received is never sent again by a library: the ledger's intent decides, after reading."""


class _SignerOfTheCall(Credentials):
    """Credentials that are whatever the calling context says."""

    def __init__(self) -> None:
        super().__init__("", "", method="sexton")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return _SIGNER.get().get_frozen_credentials()


class _Provider:
    """The only place where the shared session looks for credentials."""

    def load_credentials(self) -> Credentials:
        return _SignerOfTheCall()


@contextmanager
def signing(credentials: Credentials) -> Iterator[None]:
    """Calls made inside are signed with these credentials. Enter and leave it around one call, in one thread."""
    token = _SIGNER.set(credentials)
    try:
        yield
    finally:
        _SIGNER.reset(token)


@cache
def _models() -> Loader:
    """AWS's service models, read and kept once however many sessions there are."""
    return create_loader()


class Clients:
    """Clients by (service, region, whether they act), made when first used, shared by all accounts and threads."""

    def __init__(self) -> None:
        self._session = botocore.session.Session()
        self._session.register_component("credential_provider", _Provider())
        self._session.register_component("data_loader", _models())
        self._session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_time)
        self._session.register("after-call", self._dated)
        self.dates = Dates()
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str, bool], Any] = {}

    @property
    def home(self) -> str:
        """The region for questions that are not of a region: the configured one. botocore itself does not read AWS_REGION."""
        return str(os.environ.get("AWS_REGION") or self._session.get_config_variable("region") or "us-east-1")

    def get(self, service: str, region: str, acting: bool) -> Any:
        """A client that signs as `signing` says. Acting clients send each request once."""
        wanted = service, region, acting
        with self._lock:  # botocore's session is not safe to make clients from several threads
            if wanted not in self._made:
                config = _ACTING if acting else _READING
                self._made[wanted] = self._session.create_client(service, region_name=region, config=config)
            return self._made[wanted]

    def _dated(self, **answered: Any) -> None:
        self.dates.hear(answered["http_response"].headers.get("date"))


def _time(value: Any) -> datetime:
    """botocore's timestamps without dateutil, which takes a third of the time of reading a page."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):  # seconds since the epoch, RFC 822
        moment = botocore.utils.parse_timestamp(value)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
