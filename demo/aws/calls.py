"""What a signed request asks: account, region, service, operation."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

Environ = dict[str, Any]
"""A WSGI environment."""
App = Callable[..., Iterable[bytes]]

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
BY_HAND = "by-hand"
"""In the User-Agent of a call that is not Sexton's."""

_READS = re.compile(r"(Describe|List|Get|Head|AssumeRole|Lookup|Search)")
_SERVICES = {"monitoring": "cloudwatch"}
"""Signing names that are not the client's name."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `action` is the API's operation, for instance DescribeVolumes or GetBucketTagging."""

    key: str
    """The access key that signed it."""
    account: str
    region: str
    service: str
    action: str
    resource: str = ""
    """The bucket of an S3 request."""
    agent: str = ""
    """The User-Agent: clients of `LocalAWS.client` say that somebody of the story works with them."""
    asked: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The parameters of a query-protocol request (EC2, RDS, STS)."""

    @property
    def mutating(self) -> bool:
        """Whether it changes something."""
        return _READS.match(self.action) is None

    @property
    def ours(self) -> bool:
        """Whether Sexton made it: whoever else works in the account says so."""
        return BY_HAND not in self.agent

    @property
    def iam(self) -> str:
        """The IAM action that AWS checks for it."""
        return "s3:ListAllMyBuckets" if (self.service, self.action) == ("s3", "ListBuckets") else f"{self.service}:{self.action}"

    def __str__(self) -> str:
        return f"{self.service}:{self.action} in {self.region} of {self.account}"


class CutOff(Exception):
    """The client went away in the middle of its request: whatever it was, it was never asked."""


def call_of(environ: Environ, account_of: Callable[[str], str]) -> Call | None:
    """The call that a request makes; None when it is not signed."""
    signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed is None:
        return None
    key, region, service = signed[1], signed[2], _SERVICES.get(signed[3], signed[3])
    agent = environ.get("HTTP_USER_AGENT", "")
    if service == "s3":
        action, resource = _s3(environ)
        return Call(key, account_of(key), region, service, action, resource, agent)
    return Call(key, account_of(key), region, service, _action(environ), agent=agent, asked=form(environ))


def body(environ: Environ) -> bytes:
    """The request's body; it can be read again. CutOff when less came than was announced."""
    announced = int(environ.get("CONTENT_LENGTH") or 0)
    read: bytes = environ["wsgi.input"].read(announced)
    if len(read) < announced:
        raise CutOff
    replace_body(environ, read)
    return read


def replace_body(environ: Environ, content: bytes) -> None:
    """Let whoever reads next find this body."""
    environ["wsgi.input"] = io.BytesIO(content)
    environ["CONTENT_LENGTH"] = str(len(content))


def form(environ: Environ) -> dict[str, str]:
    """The parameters of a query-protocol request (EC2, RDS, STS); {} for other protocols."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return {name: values[0] for name, values in parse_qs(body(environ).decode(), keep_blank_values=True).items()}


_RULES = {
    ("POST", "rules"): "CreateRule",
    ("POST", "list-rules"): "ListRules",
    ("GET", "rules"): "GetRule",
    ("DELETE", "rules"): "DeleteRule",
}
"""Recycle Bin names no operation either: method and the path's first part say it."""


def _action(environ: Environ) -> str:
    """Three protocols: a target header, an operation in the path (CBOR), a form."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rsplit(".", 1)[-1]
    path = str(environ.get("PATH_INFO", ""))
    if re.search(r"/\d{8}/[^/]+/rbin/", environ.get("HTTP_AUTHORIZATION", "")):
        return _RULES[str(environ["REQUEST_METHOD"]), path.strip("/").partition("/")[0]]
    if "/operation/" in path:
        return path.rsplit("/", 1)[-1]
    return form(environ).get("Action", f"{environ['REQUEST_METHOD']} {path}")


_BUCKET = {"GET": "ListObjects", "PUT": "CreateBucket", "DELETE": "DeleteBucket", "HEAD": "HeadBucket", "POST": "DeleteObjects"}
_OBJECT = {"GET": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject", "HEAD": "HeadObject", "POST": "PostObject"}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}
_ASPECTS = {"tagging": "BucketTagging", "versioning": "BucketVersioning", "location": "BucketLocation", "policy": "BucketPolicy"}


def _s3(environ: Environ) -> tuple[str, str]:
    """S3 names no operation: method, path and query say it."""
    bucket, _, key = str(environ.get("PATH_INFO", "")).strip("/").partition("/")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    method = str(environ["REQUEST_METHOD"])
    aspect = next((_ASPECTS[name] for name in query if name in _ASPECTS), None)
    if "x-id" in query:
        return query["x-id"][0], bucket
    if not bucket:
        return "ListBuckets", ""
    if key:
        return _OBJECT.get(method, method), bucket
    return (f"{_VERBS.get(method, method)}{aspect}" if aspect else _BUCKET.get(method, method)), bucket
