"""How Google is asked: credentials, where its APIs live, and reads over one shared session.

Reads take the plain REST answers, which costs a twentieth of the generated client (reference: 57,000 resources a CPU second).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import google.auth
import orjson
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests import RequestException
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from engine.model import Role
from reapers.clouds.cloud import Unreachable
from reapers.clouds.gcp_errors import NoAnswer, Refused, Where

COMPUTE = "https://compute.googleapis.com"
RESOURCE_MANAGER = "https://cloudresourcemanager.googleapis.com"

READING = (
    "https://www.googleapis.com/auth/compute.readonly",
    "https://www.googleapis.com/auth/cloud-platform.read-only",  # Resource Manager; the Compute API does not take it
)
ACTING = ("https://www.googleapis.com/auth/cloud-platform",)

TIMEOUT = (5.0, 60.0)
"""Seconds to connect and to wait for the next bytes."""

AGAIN = Retry(
    total=4,
    backoff_factor=0.3,  # 0, 0.6, 1.2, 2.4 s: longer waits are the next scan's business
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET",),
    raise_on_status=False,
)
POOL = 64
"""Connections kept: the scan's default number of threads."""


def local(endpoint: str | None) -> bool:
    """Whether an endpoint is plain HTTP on this machine: the only place where nobody asks for credentials."""
    if endpoint is None:
        return False
    parts = urlsplit(endpoint)
    return parts.scheme == "http" and _loopback(parts.hostname or "")


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(endpoint: str | None) -> str | None:
    """The endpoint without a trailing slash. Unreachable when it would send credentials in the clear."""
    if endpoint is None:
        return None
    if not local(endpoint) and urlsplit(endpoint).scheme != "https":
        raise Unreachable(f"gcp.endpoint {endpoint} is neither https nor on this machine: credentials are not sent there")
    return endpoint.rstrip("/")


def credentials(role: Role, endpoint: str | None) -> Credentials:
    """The credentials of a role: application default credentials, reading only for a scan. Unreachable if there are none."""
    if local(endpoint):
        return AnonymousCredentials()
    try:
        found, _ = google.auth.default(scopes=READING if role is Role.SCAN else ACTING)
    except DefaultCredentialsError as error:
        said = str(error).split(". ")[0].split("\n")[0].rstrip(".")
        what = "run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS"
        raise Unreachable(f"no Google credentials were found ({said}): {what}") from error
    return found


def principal(found: Credentials) -> str:
    """Whom a missing permission must be granted to, as far as the credentials say."""
    for name in ("service_account_email", "signer_email", "account"):
        email = getattr(found, name, None)
        if isinstance(email, str) and "@" in email:
            return email
    return "the account that Sexton runs as"


class Reader:
    """Reads with one session for all projects. Idempotent reads are tried again on 429 and 5xx; nothing else is sent here."""

    def __init__(self, found: Credentials, endpoint: str | None) -> None:
        self._endpoint = endpoint
        self.principal = principal(found)
        self._session = AuthorizedSession(found)
        self._session.trust_env = not local(endpoint)  # a proxy cannot reach this machine's loopback
        adapter = HTTPAdapter(max_retries=AGAIN, pool_maxsize=POOL)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def get(self, path: str, params: Mapping[str, Any], where: Where) -> dict[str, Any]:
        """The answer at a path (`compute/v1/…`, `v3/…`). Refused or NoAnswer when there is none."""
        host = self._endpoint or (RESOURCE_MANAGER if path.startswith("v3/") else COMPUTE)
        try:
            answer = self._session.get(f"{host}/{path}", params=dict(params), timeout=TIMEOUT)
        except (RequestException, GoogleAuthError) as error:
            raise NoAnswer(brief(error), where) from error
        if answer.status_code != 200:
            raise Refused.of(answer.status_code, _json(answer.content) or {}, where)
        body = _json(answer.content)  # {} is an answer: a list with nothing in it under a `fields` mask
        if body is None:
            raise NoAnswer("the answer is no JSON object", where)
        return body

    def close(self) -> None:
        """Close the session's connections."""
        self._session.close()


def brief(error: Exception) -> str:
    """The innermost word of an error that wraps others, without addresses of objects."""
    cause: BaseException = error
    while cause.args and isinstance(cause.args[0], BaseException):
        cause = cause.args[0]
    reason = getattr(cause, "reason", None) or cause
    return str(reason).split(": ", 1)[-1]


def _json(content: bytes) -> dict[str, Any] | None:
    """The object in an answer; None where a proxy or load balancer answered with something else."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None
