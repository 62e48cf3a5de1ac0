"""The projects that settings name, with what stands above them, through Resource Manager."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import resourcemanager_v3
from google.cloud.resourcemanager_v3.services.folders.transports import FoldersRestTransport
from google.cloud.resourcemanager_v3.services.projects.transports import ProjectsRestTransport
from requests import RequestException

from engine.model import UNREAD, Account, Outcome
from reapers.clouds.gcp_errors import NoAnswer, Refused, Where
from reapers.clouds.gcp_session import RESOURCE_MANAGER, brief, principal

TIMEOUT = 30.0
"""Seconds for one answer of Resource Manager."""


@dataclass(slots=True)
class Found:
    """Projects by id, and why what stands above some of them is not wholly known."""

    accounts: dict[str, Account] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    """Project -> a sentence. Such a project may be read but not acted on: it might match a laxer row of Organization."""


@dataclass(frozen=True, slots=True)
class Above:
    """Folders and organization from the nearest upwards; `doubt` says why the rest could not be read."""

    names: tuple[str, ...] = ()
    doubt: str = ""


class Projects:
    """Resource Manager on behalf of one caller. Folders are asked once."""

    def __init__(self, found: Credentials, endpoint: str | None) -> None:
        host, scheme = endpoint or RESOURCE_MANAGER, urlsplit(endpoint or RESOURCE_MANAGER).scheme
        projects, folders = ProjectsRestTransport, FoldersRestTransport
        self._projects = resourcemanager_v3.ProjectsClient(transport=projects(host=host, credentials=found, url_scheme=scheme))
        self._folders = resourcemanager_v3.FoldersClient(transport=folders(host=host, credentials=found, url_scheme=scheme))
        self._principal = principal(found)
        self._known: dict[str, Above] = {}

    def find(self, wanted: Sequence[str]) -> Found:
        """Every project that `wanted` names: ids, or `folders/1` and `organizations/2` with all that is below them.

        Refused or NoAnswer when a folder cannot be listed: its projects would silently be missing.
        """
        found = Found()
        for name in wanted:
            if name.startswith(("folders/", "organizations/")):
                self._below(name, self._from(name), found)
            else:
                self._single(name, found)
        return found

    def _single(self, name: str, found: Found) -> None:
        """One project by its id. Where Resource Manager refuses it is still listed: reading it will say what is missing."""
        get = self._projects.get_project
        try:
            project = self._ask(lambda: get(name=f"projects/{name}", timeout=TIMEOUT), f"project {name}", "projects.get")
        except Refused as refusal:
            if refusal.outcome is Outcome.THROTTLED:
                raise
            found.accounts[name] = Account("gcp", name, parents=(UNREAD,))
            found.doubts[name] = f"what stands above project {name} is not known: {refusal.sentence}"
            return
        self._add(project, self._from(project.parent), found)

    def _below(self, parent: str, above: Above, found: Found) -> None:
        """All active projects below a folder or organization, however deep."""
        projects, folders = self._projects.list_projects, self._folders.list_folders
        for project in self._listed(lambda: projects(parent=parent, timeout=TIMEOUT), parent, "projects.list"):
            self._add(project, above, found)
        for folder in self._listed(lambda: folders(parent=parent, timeout=TIMEOUT), parent, "folders.list"):
            known = Above((folder.name, *above.names), above.doubt)
            self._known[folder.name] = known
            self._below(folder.name, known, found)

    def _add(self, project: Any, above: Above, found: Found) -> None:
        name = project.project_id
        found.accounts[name] = Account("gcp", name, project.display_name, above.names)
        if above.doubt:
            found.doubts[name] = f"what stands above project {name} is not known: {above.doubt}"

    def _from(self, name: str) -> Above:
        """A folder or organization and what stands above it. Nothing above a project without a parent."""
        if not name.startswith("folders/"):
            return Above((name,) if name else ())
        if name not in self._known:
            self._known[name] = self._climb(name)
        return self._known[name]

    def _climb(self, name: str) -> Above:
        try:
            folder = self._ask(lambda: self._folders.get_folder(name=name, timeout=TIMEOUT), name, "folders.get")
        except Refused as refusal:
            return Above((name, UNREAD), refusal.sentence)
        above = self._from(folder.parent)
        return Above((name, *above.names), above.doubt)

    def _listed(self, ask: Callable[[], Any], place: str, verb: str) -> Iterator[Any]:
        """Every item; later pages are fetched, and fail, as the first."""
        items = iter(self._ask(ask, place, verb))
        while (item := self._ask(lambda: next(items, None), place, verb)) is not None:
            yield item

    def _ask(self, ask: Callable[[], Any], place: str, verb: str) -> Any:
        where = Where(place, f"resourcemanager.{verb}", self._principal)
        try:
            return ask()
        except (RetryError, GoogleAuthError, RequestException) as error:
            raise NoAnswer(brief(error), where) from error
        except GoogleAPICallError as error:
            raise Refused(int(error.code or 0), [error.reason or ""], str(error.message), where) from error
