"""Pipelines that prove by their forge's OIDC token which repository and branch they run for: GitHub Actions and GitLab CI.

Facts: docs.github.com "OpenID Connect reference", docs.gitlab.com "OpenID Connect (OIDC) Authentication Using ID Tokens".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.issuers import Issuer, Keys, Rejected, unverified

KEYS = {"github": "/.well-known/jwks", "gitlab": "/oauth/discovery/keys"}
"""Where each forge publishes its keys, below its issuer."""

GITHUB_EVENTS = ("pull_request", "push", "merge_group")
"""`pull_request_target` and `workflow_run` also run for strangers' changes, with rights of ours: they are none of these."""
GITLAB_SOURCES = ("merge_request_event", "push", "web")


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

    @property
    def as_issuer(self) -> Issuer:
        """Whose signature a token needs."""
        return Issuer(issuer=self.issuer, audience=self.audience, keys=self.address, noun="pipeline's token")


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
    """Verifies tokens of the repositories in the settings."""

    def __init__(self, trusted: Sequence[Trusted]) -> None:
        self._trusted = tuple(trusted)
        self._keys = Keys(one.address for one in trusted)

    def verify(self, token: str) -> Pipeline:
        """Who runs, or Rejected."""
        trusted = self._whose(token)
        return READ[trusted.forge](self._keys.claims(token, trusted.as_issuer), trusted)

    def _whose(self, token: str) -> Trusted:
        """The repository that a token says it is of. That is a choice of keys, and no more than that."""
        said = unverified(token)
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
