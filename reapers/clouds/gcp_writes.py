"""Writes through google-cloud-compute, and the only module that imports it: it takes more than a second of CPU.

Only `*_unary` methods are called: they send one request and return. The others build an operations client without the endpoint
that we gave (google-cloud-compute 1.57, services/*/transports/base.py) and would poll Google's public address.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import compute_v1
from requests import RequestException

from reapers.clouds.gcp_errors import NoAnswer, Refused, Where
from reapers.clouds.gcp_session import brief

_REQUEST = re.compile(r"^[A-Z]+ https?://\S+: ")
"""The generated clients put the request before Google's own words."""

TIMEOUT = 60.0
"""Seconds to wait for Google to accept an order. Afterwards its outcome is unknown and settled by reading."""


class Writer:
    """Compute clients by service, made when first used. Each order is sent exactly once."""

    def __init__(self, found: Credentials, endpoint: str | None) -> None:
        self._credentials = found
        self._options = {"api_endpoint": endpoint} if endpoint else {}
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service: `Disks`, `RegionDisks`, `Instances`, `GlobalAddresses`."""
        with self._lock:
            if service not in self._made:
                make = getattr(compute_v1, f"{service}Client")
                self._made[service] = make(credentials=self._credentials, client_options=self._options)
            return self._made[service]

    def send(self, service: str, method: str, request: Mapping[str, Any], where: Where) -> compute_v1.Operation:
        """Send one request, given as Google documents it (camelCase), and return the operation that it began.

        Refused when Google said no; NoAnswer when it is not known whether the request arrived.
        """
        client = self.client(service)
        message = getattr(compute_v1, request_name(service, method))
        order = message.from_json(json.dumps(dict(request)), ignore_unknown_fields=True)
        try:
            began: compute_v1.Operation = getattr(client, f"{method}_unary")(request=order, retry=None, timeout=TIMEOUT)
        except (RetryError, GoogleAuthError, RequestException) as error:
            raise NoAnswer(brief(error), where) from error
        except GoogleAPICallError as error:
            raise refusal(error, where) from error
        return began


def request_name(service: str, method: str) -> str:
    """`Disks`, `create_snapshot` -> CreateSnapshotDiskRequest: the name of the request's class."""
    noun = service.removesuffix("es") if service.endswith("sses") else service.removesuffix("s")
    return f"{method.title().replace('_', '')}{noun}Request"


def refusal(error: GoogleAPICallError, where: Where) -> Refused | NoAnswer:
    """The generated clients' error as ours. A 5xx leaves the outcome of an order unknown."""
    code = int(error.code or 0)
    said = _REQUEST.sub("", str(error.message))
    if code == 0 or code >= 500:
        return NoAnswer(said, where)
    reasons = [str(part.get("reason", "")) for part in error.errors if isinstance(part, Mapping)]
    return Refused(code, [*reasons, *([error.reason] if error.reason else [])], said, where)
