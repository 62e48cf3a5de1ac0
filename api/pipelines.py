"""Pipelines that prove by their forge's OIDC token which repository and branch they run for: GitHub Actions and GitLab CI.

The token says it all and is believed in nothing before its signature: not in the algorithm, not in where a key may be found.
Facts: docs.github.com "OpenID Connect reference", docs.gitlab.com "OpenID Connect (OIDC) Authentication Using ID Tokens".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

ALGORITHMS = ["RS256"]
"""What both forges sign with. Pinned: a token that chooses its own could choose none, or ours as a shared secret."""
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
LONGEST = 16 * 1024
LEEWAY = 10
"""Seconds by which clocks may differ. GitHub's tokens are good for five minutes."""
KEY_ID = re.compile(r"[A-Za-z0-9_.=+-]{1,128}")
SECONDS = 10
"""Until a forge's keys must have come."""

KEYS = {"github": "/.well-known/jwks", "gitlab": "/oauth/discovery/keys"}
"""Where each forge publishes its keys, below its issuer."""

GITHUB_EVENTS = ("pull_request", "push", "merge_group")
"""`pull_request_target` and `workflow_run` also run for strangers' changes, with rights of ours: they are none of these."""
GITLAB_SOURCES = ("merge_request_event", "push", "web")


class Rejected(Exception):
    """The token is not one of ours. The text is a sentence, without anything of the token; `status` is 401, 403 or 503."""

    def __init__(self, sentence: str, status: int = 401) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A repository whose pipelines may ask, by its number: a name can be given up and taken by somebody else."""

    forge: str
    issuer: str
    audience: str
    repository_id: str
    keys: str = ""
    """Where the issuer's keys are, where that is not the forge's usual place."""

    @property
    def address(self) -> str:
        """Where the issuer's keys are."""
        return self.keys or self.issuer + KEYS[self.forge]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A run that proved itself, and the branch of the repository that it runs for."""

    repository: str
    branch: str

    @property
    def subject(self) -> str:
        """Whom requests are counted for."""
        return f"repository {self.repository}"


class Pipelines:
    """Verifies tokens. Keys are fetched from the issuers in the settings and from nowhere else, and kept for five minutes."""

    def __init__(self, trusted: Sequence[Trusted]) -> None:
        self._trusted = tuple(trusted)
        # An unknown key makes it ask again, once in half a minute whatever comes in; redirects are not followed.
        self._keys = {address: jwt.PyJWKClient(address, timeout=SECONDS) for address in {one.address for one in trusted}}

    def verify(self, token: str) -> Pipeline:
        """Who runs, or Rejected."""
        trusted = self._whose(token)
        claims = self._claims(token, trusted)
        return READ[trusted.forge](claims, trusted)

    def _whose(self, token: str) -> Trusted:
        """The repository that a token says it is of. That is a choice of keys, and no more than that."""
        try:
            said = jwt.decode(token, options={"verify_signature": False}) if len(token) <= LONGEST else {}
        except jwt.PyJWTError:
            said = {}
        issuer, number = said.get("iss"), _number(said)
        found = next((one for one in self._trusted if one.issuer == issuer and one.repository_id == number), None)
        if found is None:
            known = any(one.issuer == issuer for one in self._trusted)
            what = (
                "of a repository that is not in `auth.pipelines`"
                if known
                else "no token of Sexton or of a pipeline that it knows"
            )
            raise Rejected(f"This is {what}.", 403 if known else 401)
        return found

    def _claims(self, token: str, trusted: Trusted) -> Mapping[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(token, trusted),
                algorithms=ALGORITHMS,
                audience=trusted.audience,
                issuer=trusted.issuer,
                leeway=LEEWAY,
                options={"require": REQUIRED, "strict_aud": True, "enforce_minimum_key_length": True},
            )
        except jwt.ExpiredSignatureError as error:
            raise Rejected("This pipeline's token has run out; ask the forge for a new one.") from error
        except jwt.InvalidAudienceError as error:
            raise Rejected(f"This token is for another audience; ask the forge for one for {trusted.audience}.") from error
        except jwt.PyJWTError as error:
            raise Rejected("This pipeline's token is not valid.") from error
        return claims

    def _key(self, token: str, trusted: Trusted) -> jwt.PyJWK:
        """The issuer's key that the token names. Addresses in a token (jku, x5u) are never asked."""
        head = jwt.get_unverified_header(token)
        kid = head.get("kid")
        if head.get("alg") not in ALGORITHMS or not isinstance(kid, str) or not KEY_ID.fullmatch(kid):
            raise Rejected("This token is not signed as its issuer signs.")
        try:
            return self._keys[trusted.address].get_signing_key(kid)
        except (jwt.PyJWKClientConnectionError, jwt.exceptions.PyJWKSetError, OSError, ValueError) as error:
            raise Rejected(
                f"The keys of {trusted.issuer} cannot be read, so no pipeline can be let in; try again.", 503
            ) from error


def _number(claims: Mapping[str, Any]) -> str:
    """GitHub says repository_id, GitLab project_id; for a merge request from a fork, the fork's, which is none of ours."""
    return str(claims.get("repository_id") or claims.get("project_id") or "")


def _github(claims: Mapping[str, Any], trusted: Trusted) -> Pipeline:
    event = str(claims.get("event_name"))
    if event not in GITHUB_EVENTS:
        raise Rejected(f"Workflows started by {event[:40]!r} may not ask; run this on pull_request, push or merge_group.", 403)
    ref = f"refs/heads/{claims.get('head_ref') or ''}" if event == "pull_request" else str(claims.get("ref"))
    return Pipeline(repository=trusted.repository_id, branch=_branch(ref))


def _gitlab(claims: Mapping[str, Any], trusted: Trusted) -> Pipeline:
    source = str(claims.get("pipeline_source"))
    if source not in GITLAB_SOURCES:
        raise Rejected(f"Pipelines started by {source[:40]!r} may not ask; run this in merge request or branch pipelines.", 403)
    ref = f"refs/heads/{claims.get('ref') or ''}" if claims.get("ref_type") == "branch" else ""
    return Pipeline(repository=trusted.repository_id, branch=_branch(ref))


def _branch(ref: str) -> str:
    """A branch of the repository itself; a tag, or a pull request's own ref, is none."""
    if not ref.startswith("refs/heads/") or ref == "refs/heads/":
        raise Rejected("This run is not for a branch of the policy repository, so there is nothing to compare.", 403)
    return ref


READ: Mapping[str, Callable[[Mapping[str, Any], Trusted], Pipeline]] = {"github": _github, "gitlab": _gitlab}
