"""GitHub's REST API: one comment on a pull request, its changed files, how a branch is protected, and who a workflow run is.

Shapes are those of docs.github.com/rest, version 2022-11-28.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import quote

from engine.model import Unknown
from reapers.sources.rest import Bearer, ForgeError, Rest

API = "https://api.github.com"
VERSION = "2022-11-28"
ACTIONS = "github-actions[bot]"
"""Whom a workflow's own token comments as; it may not ask who it is."""
MOST_FILES = 3000
"""GitHub lists no more files of a pull request, and does not say that there are more."""


class Posted(StrEnum):
    """What became of a comment."""

    CREATED = "created"
    UPDATED = "updated"
    SAME = "same"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files that a change touches, by their new and their old names. `complete`: whether these are all of them."""

    paths: frozenset[str]
    complete: bool


class Forge(Protocol):
    """What a pipeline needs of a forge. Everything raises ForgeError with one sentence."""

    def post(self, number: int, body: str, marker: str, *, create: bool = True) -> Posted:
        """Keep one comment on a pull request up to date: ours that begins with the marker, else a new one where one is wanted."""

    def changed_files(self, number: int) -> Files:
        """The files that a pull request touches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What a branch demands before a merge; Unknown where we were not told."""

    dismisses_stale: bool | Unknown
    """An approval is void once something else is pushed: else what is merged is not what was approved."""
    asks_another: bool | Unknown
    """Whoever pushed last cannot be the one who approves."""
    asks_owners: bool | Unknown
    """CODEOWNERS are asked."""


class GitHub:
    """One repository, `owner/name`. `author`: whose comments ours are, where the token cannot ask and is no workflow's own."""

    def __init__(self, repository: str, token: str = "", url: str = API, author: str = "") -> None:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
        self._rest = Rest("GitHub", url, Bearer("Authorization", f"Bearer {token}") if token else None, headers)
        owner, _, name = repository.partition("/")
        if not owner or not name or "/" in name:
            raise ForgeError(f"{repository!r} is no repository: expected owner/name.")
        self._path = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        self._author = author

    def post(self, number: int, body: str, marker: str, *, create: bool = True) -> Posted:
        """Keep one comment on a pull request up to date: ours that begins with the marker, else a new one where one is wanted."""
        mine = self._author or self._me()
        found = _first(self._rest.pages(f"{self._path}/issues/{number}/comments"), marker, mine)
        if found is None:
            if not create:
                return Posted.NONE
            self._rest.send("POST", f"{self._path}/issues/{number}/comments", {"body": body})
            return Posted.CREATED
        if _plain(found["body"]) == _plain(body):
            return Posted.SAME
        self._rest.send("PATCH", f"{self._path}/issues/comments/{int(found['id'])}", {"body": body})
        return Posted.UPDATED

    def _me(self) -> str:
        try:
            return str(self._rest.get("/user")["login"])
        except ForgeError as error:
            if error.status == 403 and "integration" in error.said:  # Resource not accessible by integration
                return ACTIONS
            raise

    def changed_files(self, number: int) -> Files:
        """The files that a pull request touches."""
        items = list(self._rest.pages(f"{self._path}/pulls/{number}/files"))
        paths = {path for item in items for path in (item["filename"], item.get("previous_filename")) if path}
        return Files(paths=frozenset(paths), complete=len(items) < MOST_FILES)

    def protection(self, branch: str) -> Protection:
        """What a branch demands, by its protection rule and by rulesets together: a guard that one of them has is there."""
        place = quote(branch, safe="")
        return _both(self._rule(place), self._rulesets(place))

    def _rule(self, branch: str) -> Protection:
        try:
            rule = self._rest.get(f"{self._path}/branches/{branch}/protection")
        except ForgeError as error:
            if error.status == 404 and error.said == "Branch not protected":
                return _NONE
            if error.status in (403, 404):  # without the right to see it, GitHub says that there is nothing
                return _all(Unknown("this token may not read branch protection: it needs `Administration: read`"))
            raise
        reviews = rule.get("required_pull_request_reviews") or {}
        return Protection(
            dismisses_stale=reviews.get("dismiss_stale_reviews") is True,
            asks_another=reviews.get("require_last_push_approval") is True,
            asks_owners=reviews.get("require_code_owner_reviews") is True,
        )

    def _rulesets(self, branch: str) -> Protection:
        try:
            rules = list(self._rest.pages(f"{self._path}/rules/branches/{branch}"))
        except ForgeError as error:
            if error.status in (403, 404):  # also servers older than rulesets
                return _all(Unknown("this token may not read rulesets: it needs `Metadata: read`"))
            raise
        asked = [rule.get("parameters") or {} for rule in rules if rule.get("type") == "pull_request"]
        return Protection(
            dismisses_stale=any(one.get("dismiss_stale_reviews_on_push") is True for one in asked),
            asks_another=any(one.get("require_last_push_approval") is True for one in asked),
            asks_owners=any(one.get("require_code_owner_review") is True for one in asked),
        )


_NONE = Protection(dismisses_stale=False, asks_another=False, asks_owners=False)


def _all(answer: bool | Unknown) -> Protection:
    return Protection(dismisses_stale=answer, asks_another=answer, asks_owners=answer)


def _both(one: Protection, other: Protection) -> Protection:
    def either(first: bool | Unknown, second: bool | Unknown) -> bool | Unknown:
        if first is True or second is True:
            return True
        return next((answer for answer in (first, second) if isinstance(answer, Unknown)), False)

    return Protection(
        dismisses_stale=either(one.dismisses_stale, other.dismisses_stale),
        asks_another=either(one.asks_another, other.asks_another),
        asks_owners=either(one.asks_owners, other.asks_owners),
    )


def _first(comments: Iterable[Any], marker: str, author: str) -> Any | None:
    """Our oldest comment that begins with the marker; one that somebody else wrote, or that only quotes it, is none of ours."""
    mine = (one for one in comments if (one.get("user") or {}).get("login") == author)
    return next((one for one in mine if str(one.get("body") or "").startswith(marker)), None)


def _plain(body: str) -> str:
    """A body as it can be compared: forges may store other line ends."""
    return body.replace("\r\n", "\n").strip()


def identity(environment: Mapping[str, str], audience: str) -> str:
    """The OIDC token of the workflow run that this is; empty where the run may have none (no `id-token: write`, or a fork's)."""
    url, token = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL", ""), environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if not url or not token:
        return ""
    said = Rest("GitHub Actions", url, Bearer("Authorization", f"Bearer {token}")).get(f"&audience={quote(audience, safe='')}")
    value = said.get("value") if isinstance(said, dict) else None
    if not isinstance(value, str) or not value:
        raise ForgeError("GitHub Actions gave no OIDC token for this run.")
    return value
