"""The settings that speak of others who vouch: a forge's pipelines, its REST API, and the identity provider of people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from api.settings_text import Names

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def address(value: str) -> str:
    """An https:// address without anything that could lead elsewhere, and without its last slash; http only to this machine."""
    parts = urlsplit(value)
    here = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not (parts.scheme == "https" or here) or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("expected an https:// address without credentials, ? or #")
    return value.rstrip("/")


def number(value: Any) -> Any:
    """A repository's number, quoted or not. Its name would not do: it can be given up and taken by somebody else."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text.isascii() or not text.isdigit():
        raise ValueError("expected the number of a repository: `gh api repos/OWNER/NAME --jq .id`, or GitLab's project ID")
    return text


def full_name(value: str) -> str:
    """`owner/name`."""
    owner, _, name = value.partition("/")
    if not owner or not name or "/" in name or not all(sign.isalnum() or sign in "-_./" for sign in value) or ".." in value:
        raise ValueError("expected owner/name")
    return value


Address = Annotated[str, AfterValidator(address)]


class Pipeline(BaseModel):
    """A repository whose pipelines may ask POST /v1/impact with the OIDC token of its forge."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository_id: Annotated[str, BeforeValidator(number)]
    forge: Literal["github", "gitlab"] = "github"
    issuer: Address = "https://token.actions.githubusercontent.com"
    audience: Annotated[str, Field(min_length=1, max_length=200)] = "sexton"
    keys: Address | None = None
    """Where the issuer's keys are, where that is not the forge's usual place below the issuer."""


class GitHub(BaseModel):
    """GitHub's REST API, for `sexton doctor` to look at the protection of the policy branch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository: Annotated[str, AfterValidator(full_name)] | None = None
    api: Address = "https://api.github.com"
    token: SecretStr | None = None
    token_file: Path | None = None


class Opens(BaseModel):
    """The groups of the identity provider whose people have more than reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    approver: Names = ()
    operator: Names = ()
    admin: Names = ()


class OIDC(BaseModel):
    """An OpenID Connect provider: who signs, for which audience (our client id), and the claim that lists groups."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Address
    audience: Annotated[str, Field(min_length=1, max_length=200)]
    keys: Address
    """Its `jwks_uri`, as its `/.well-known/openid-configuration` says it."""
    groups: Annotated[str, Field(min_length=1, max_length=200)] = "groups"
    access: Opens = Opens()
