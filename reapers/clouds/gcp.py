"""GCP: the projects that settings name, read and acted on with the caller's application default credentials."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from engine.model import EVERYWHERE, Account, Outcome, Role
from reapers.clouds import gcp_errors
from reapers.clouds.cloud import Unreachable
from reapers.clouds.dates import Dates
from reapers.clouds.gcp_cell import GCPCell
from reapers.clouds.gcp_errors import Misplaced, NoAnswer, Refused
from reapers.clouds.gcp_session import Reader, checked, credentials

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from reapers.clouds.gcp_projects import Found
    from reapers.clouds.gcp_writes import Writer


class GCP:
    """The cloud `gcp` (see reapers/clouds/cloud.py). Safe to use from several threads; a network call is made when needed.

    `projects`: project ids, and `folders/1` or `organizations/2` for all that is below them. `endpoint`: where to ask instead of
    Google's public addresses; plain http is taken on this machine only, and then without credentials. `impersonate`: the service
    account of each role, where `{role}` is scan, stop, condemn or delete; without it one identity holds all roles.
    """

    name = "gcp"

    def __init__(self, projects: Sequence[str], endpoint: str | None = None, impersonate: str | None = None) -> None:
        self._wanted = [projects] if isinstance(projects, str) else list(projects)
        self._endpoint = checked(endpoint)
        self._impersonate = impersonate
        self._dates = Dates()
        self._lock = threading.RLock()
        self._readers: dict[Role, Reader] = {}
        self._writers: dict[Role, Writer] = {}
        self._found: Found | None = None

    def accounts(self) -> Sequence[Account]:
        """The projects, with the folders and organization above each, nearest first. Unreachable if they cannot be listed."""
        with self._lock:
            self._found = self._find()
            return list(self._found.accounts.values())

    def regions(self, account: str) -> Sequence[str]:  # noqa: ARG002 - the same for every project
        """One cell reads all zones of a project."""
        return [EVERYWHERE]

    def cell(self, account: str, region: str, role: Role, now: datetime) -> GCPCell:
        """A cell. Misplaced when a role that acts is asked for in a project that settings do not name, or of unknown folders."""
        if role is not Role.SCAN:
            self._allow(account)
        return GCPCell(account, region, role, now, self._reader(role), partial(self._writer, role))

    def date(self) -> datetime | None:
        """The Date of Google's newest answer to a read."""
        return self._dates.newest

    def outcome(self, error: Exception) -> tuple[Outcome, str] | None:
        """See reapers/clouds/gcp_errors.py."""
        return gcp_errors.outcome(error)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for reader in self._readers.values():
                reader.close()
            self._readers.clear()

    def _find(self) -> Found:
        from reapers.clouds.gcp_projects import Projects  # 0.3 s of CPU, needed only here

        try:
            return Projects(self._credentials(Role.SCAN), self._endpoint).find(self._wanted)
        except (Refused, NoAnswer) as error:
            raise Unreachable(f"the projects of gcp.projects cannot be listed: {error.sentence}") from error

    def _allow(self, account: str) -> None:
        with self._lock:
            try:
                found = self._found = self._found or self._find()
            except Unreachable as error:
                raise Misplaced(f"nothing is done in project {account}: {error}") from error
        if account not in found.accounts:
            raise Misplaced(f"project {account} is not among gcp.projects: nothing is done there")
        if account in found.doubts:
            raise Misplaced(f"nothing is done in project {account}: {found.doubts[account]}")

    def _reader(self, role: Role) -> Reader:
        with self._lock:
            if role not in self._readers:
                self._readers[role] = Reader(self._credentials(role), self._endpoint, self._dates)
            return self._readers[role]

    def _writer(self, role: Role) -> Writer:
        from reapers.clouds.gcp_writes import Writer  # more than a second of CPU, needed only for acts

        with self._lock:
            if role not in self._writers:
                self._writers[role] = Writer(self._credentials(role), self._endpoint)
            return self._writers[role]

    def _credentials(self, role: Role) -> Credentials:
        return credentials(role, self._endpoint, self._impersonate)
