"""A stand-in for a forge's OIDC issuer: it publishes a key, signs tokens with the claims of its documentation, counts visits."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from reapers.clock import SystemClock


@cache
def key_of(name: str) -> rsa.RSAPrivateKey:
    """A key; the same for the same name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str) -> bytes:
    """The published half, as an attacker would take it for a shared secret."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key_of(name).public_key().public_bytes(serialization.Encoding.PEM, form)


def now() -> int:
    """The machine's time: what a forge signs into its tokens."""
    return int(SystemClock().now().timestamp())


@dataclass(slots=True)
class Issuer:
    """Where keys are published. `visits` are the paths that were asked for; `answer` replaces the keys."""

    url: str = ""
    visits: list[str] = field(default_factory=list)
    answer: bytes | None = None

    def keys(self) -> bytes:
        """The key set."""
        shape = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_of("forge").public_key()))
        return json.dumps({"keys": [shape | {"kid": "forge-1", "use": "sig", "alg": "RS256"}]}).encode()

    def github(self, **claims: Any) -> str:
        """A token of a pull request's workflow run; a claim that is None is left out."""
        said = {
            "iss": self.url,
            "aud": "sexton",
            "sub": "repo:acme/policies:pull_request",
            "iat": now() - 5,
            "nbf": now() - 5,
            "exp": now() + 300,
            "jti": "1",
            "event_name": "pull_request",
            "repository": "acme/policies",
            "repository_id": "74",
            "repository_owner_id": "65",
            "ref": "refs/pull/7/merge",
            "head_ref": "feature",
            "base_ref": "main",
        }
        return self.sign(said | claims)

    def gitlab(self, **claims: Any) -> str:
        """A token of a merge request's pipeline."""
        said = {
            "iss": self.url,
            "aud": "sexton",
            "sub": "project_path:acme/policies:ref_type:branch:ref:feature",
            "iat": now() - 5,
            "nbf": now() - 5,
            "exp": now() + 300,
            "project_id": "28",
            "project_path": "acme/policies",
            "pipeline_source": "merge_request_event",
            "ref": "feature",
            "ref_type": "branch",
        }
        return self.sign(said | claims)

    def sign(self, claims: Mapping[str, Any], key: str = "forge", headers: Mapping[str, Any] | None = None) -> str:
        """Any claims, signed."""
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, key_of(key), algorithm="RS256", headers={"kid": "forge-1", **(headers or {})})


def unsigned(claims: Mapping[str, Any], **header: Any) -> str:
    """A token with a header of one's choice and no signature."""
    parts = [json.dumps(part).encode() for part in ({"typ": "JWT", "kid": "forge-1", **header}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer on this machine."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.visits.append(self.path)
            body = issuer.keys() if issuer.answer is None else issuer.answer
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
