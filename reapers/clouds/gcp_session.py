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
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.impersonated_credentials import Credentials as Impersonated
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as Token
from requests import RequestException
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from engine.model import Role
from reapers.clouds.cloud import Unreachable
from reapers.clouds.dates import Dates
from reapers.clouds.gcp_errors import NoAnswer, Refused, Where

COMPUTE = "https://compute.googleapis.com"
RESOURCE_MANAGER = "https://cloudresourcemanager.googleapis.com"
CLOUD_KMS = "https://cloudkms.googleapis.com"

_HOSTS = {"v3": RESOURCE_MANAGER, "v1": CLOUD_KMS}
"""First part of a path -> where it is asked; all else is the Compute API's."""

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


def credentials(role: Role, endpoint: str | None, impersonate: str | None = None) -> Credentials:
    """The credentials of a role: application default credentials, reading only for a scan, or those of the role's own service
    account, which they may impersonate (`{role}` in its address). Unreachable if there are none.

    On this machine nobody asks for any; the role's name goes in their place, so that a double can hold each role to its own.
    """
    if local(endpoint):
        return Token(f"local-{role}")
    scopes = READING if role is Role.SCAN else ACTING
    try:
        found, _ = google.auth.default(scopes=ACTING if impersonate else scopes)
    except DefaultCredentialsError as error:
        said = str(error).split(". ")[0].split("\n")[0].rstrip(".")
        what = "run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS"
        raise Unreachable(f"no Google credentials were found ({said}): {what}") from error
    if impersonate is None:
        return found
    return Impersonated(source_credentials=found, target_principal=impersonate.format(role=role), target_scopes=list(scopes))


def principal(found: Credentials) -> str:
    """Whom a missing permission must be granted to, as far as the credentials say."""
    for name in ("service_account_email", "signer_email", "account"):
        email = getattr(found, name, None)
        if isinstance(email, str) and "@" in email:
            return email
    return "the account that Sexton runs as"


class Reader:
    """Reads with one session for all projects. Idempotent reads are tried again on 429 and 5xx; nothing else is sent here."""

    def __init__(self, found: Credentials, endpoint: str | None, dates: Dates | None = None) -> None:
        self._endpoint = endpoint
        self._dates = dates or Dates()
        self.principal = principal(found)
        self._session = AuthorizedSession(found)
        self._session.trust_env = not local(endpoint)  # a proxy cannot reach this machine's loopback
        adapter = HTTPAdapter(max_retries=AGAIN, pool_maxsize=POOL)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def get(self, path: str, params: Mapping[str, Any], where: Where) -> dict[str, Any]:
        """The answer at a path (`compute/v1/…`, `v3/…`, `v1/…`). Refused or NoAnswer when there is none."""
        host = self._endpoint or _HOSTS.get(path.split("/", 1)[0], COMPUTE)
        try:
            answer = self._session.get(f"{host}/{path}", params=dict(params), timeout=TIMEOUT)
        except (RequestException, GoogleAuthError) as error:
            raise NoAnswer(brief(error), where) from error
        self._dates.hear(answer.headers.get("Date"))
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
