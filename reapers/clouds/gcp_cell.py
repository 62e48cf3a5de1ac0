"""A cell of GCP: one project, read over REST and acted on through google-cloud-compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.model import Role
from reapers.clouds.gcp_errors import Misplaced, Refused, Where, permission
from reapers.clouds.gcp_session import Reader

if TYPE_CHECKING:
    from reapers.clouds.gcp_writes import Writer


@dataclass(slots=True)
class GCPCell:
    """What a kind asks. Paths are below the project in the Compute API (`zones/a/disks/x`, `aggregated/disks`), or start with
    `v3/` for Resource Manager and with `v1/` for Cloud KMS. `calls` counts the requests that it made.
    """

    account: str
    region: str
    role: Role
    now: datetime
    reader: Reader
    writer: Callable[[], Writer]
    calls: int = field(default=0)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer at a path. Refused or NoAnswer when it fails."""
        self.calls += 1
        full = path if path.startswith(("v1/", "v3/")) else f"compute/v1/projects/{self.account}/{path}"
        return self.reader.get(full, params, self._where(permission(path)))

    def find(self, path: str, **params: Any) -> dict[str, Any] | None:
        """The answer at a path; None where Google says that there is no such resource."""
        try:
            return self.get(path, **params)
        except Refused as refusal:
            if refusal.code == 404:
                return None
            raise

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every page of a list."""
        token = ""
        while True:
            page = self.get(path, **params, **({"pageToken": token} if token else {}))
            yield page
            token = page.get("nextPageToken", "")
            if not token:
                return

    def compute(self, service: str) -> Any:
        """The google-cloud-compute client of a service (`Disks`, `RegionDisks`). Send orders through `send`."""
        return self._acting(service).client(service)

    def send(self, service: str, method: str, request: Mapping[str, Any]) -> str:
        """Send one order to this project, once, and return the path of the operation that it began (`zones/a/operations/x`).

        `request` is as Google documents it, with `requestId`: the same order sent twice is one order.
        Refused when Google said no; NoAnswer when it is not known whether it arrived.
        """
        self.calls += 1
        noun = f"{service[:1].lower()}{service[1:]}"
        verb = {"insert": "create", "create_snapshot": "createSnapshot", "set_labels": "setLabels"}.get(method, method)
        where = self._where(f"compute.{noun.replace('regionDisks', 'disks')}.{verb}", acting=True)
        began = self._acting(service).send(service, method, {**request, "project": self.account}, where)
        return str(began.self_link).partition(f"/projects/{self.account}/")[2]

    def _acting(self, service: str) -> Writer:
        if self.role is Role.SCAN:
            raise Misplaced(f"project {self.account}: a scan never acts on {service}")
        return self.writer()

    def _where(self, needed: str, *, acting: bool = False) -> Where:
        return Where(f"project {self.account}", needed, self.reader.principal, acting)
