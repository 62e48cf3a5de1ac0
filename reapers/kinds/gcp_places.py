"""Where a GCP resource is: locations, links between resources, and lists over all locations of a project at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import EVERYWHERE, Gap, Key
from reapers.kind import Partial

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

GLOBAL = "global"

EMPTY = "NO_RESULTS_ON_PAGE"
"""The only warning of a scope that says nothing bad: every other one means that resources may be missing."""

LARGEST_PAGE = 500
"""Google's limit for maxResults of every list of the Compute API."""

_ZONE = re.compile(r"[a-z]+-[a-z]+\d+-[a-z0-9]+")


def is_zone(location: str) -> bool:
    """us-central1-a is a zone, us-central1 is a region."""
    return _ZONE.fullmatch(location) is not None


def region_of(location: str) -> str:
    """The region of a zone; a region is its own."""
    return location.rpartition("-")[0] if is_zone(location) else location


def scope(location: str) -> str:
    """A location as paths name it: zones/us-central1-a, regions/us-central1, global."""
    if location == GLOBAL:
        return GLOBAL
    return f"zones/{location}" if is_zone(location) else f"regions/{location}"


def at(location: str) -> dict[str, str]:
    """A location as requests name it: {"zone": …}, {"region": …}, or nothing for global ones."""
    if location == GLOBAL:
        return {}
    return {"zone": location} if is_zone(location) else {"region": location}


def location(raw: Mapping[str, Any]) -> str:
    """Where a resource is, from its own description."""
    return last(raw.get("zone") or raw.get("region") or GLOBAL)


def last(link: str) -> str:
    """The name at the end of a link: …/zones/us-central1-a -> us-central1-a."""
    return link.rsplit("/", 1)[-1]


def within(link: str) -> str:
    """A link without its host and project: zones/us-central1-a/disks/x."""
    return re.sub(r"^.*?projects/[^/]+/", "", link)


def linked(kind: str, account: str, links: str) -> tuple[Key, ...]:
    """Keys from a field that holds links in the short form of `short`, separated by blanks."""
    pairs = (link.split("/", 1) for link in links.split())
    return tuple(Key(kind, account, place, name) for place, name in pairs)


def short(links: Sequence[str]) -> str | None:
    """Links as a field's text: `us-central1-a/x us-central1-a/y`, sorted; None when there are none."""
    parts = [within(link).split("/") for link in links]
    return " ".join(sorted(f"{part[-3]}/{part[-1]}" for part in parts if len(part) >= 3)) or None


def aggregated(cell: GCPCell, kind: str, collection: str, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every resource of a collection in all zones and regions. Partial at the end, where some of them did not answer."""
    wanted = f"items/*/{collection}({','.join(fields)}),items/*/warning,nextPageToken,unreachables,warning"
    silent: dict[str, str] = {}
    for page in cell.pages(f"aggregated/{collection}", maxResults=LARGEST_PAGE, fields=wanted):
        silent |= _silent(page)
        for part in page.get("items", {}).values():
            yield from part.get(collection, ())
    if silent:
        raise Partial([Gap(kind, cell.account, place, f"project {cell.account}: {why}") for place, why in sorted(silent.items())])


def everywhere(cell: GCPCell, kind: str, collection: str, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every resource of a global collection. Partial at the end, where a page says that it is not whole."""
    wanted = f"items({','.join(fields)}),nextPageToken,warning"
    silent: dict[str, str] = {}
    for page in cell.pages(f"global/{collection}", maxResults=LARGEST_PAGE, fields=wanted):
        warning = page.get("warning", {})
        if warning.get("code", EMPTY) != EMPTY:
            silent[EVERYWHERE] = _why(EVERYWHERE, warning)
        yield from page.get("items", ())
    if silent:
        raise Partial([Gap(kind, cell.account, place, f"project {cell.account}: {why}") for place, why in silent.items()])


def _silent(page: Mapping[str, Any]) -> dict[str, str]:
    """The locations of a page that may hold more than it shows, and why."""
    said = {last(name): part.get("warning", {}) for name, part in page.get("items", {}).items()}
    said[EVERYWHERE] = page.get("warning", {})
    found = {place: _why(place, warning) for place, warning in said.items() if warning.get("code", EMPTY) != EMPTY}
    return found | {last(name): f"{last(name)} is unreachable" for name in page.get("unreachables", ())}


def _why(place: str, warning: Mapping[str, Any]) -> str:
    where = "the list" if place == EVERYWHERE else place
    message = str(warning.get("message", "")).rstrip(".")
    return f"{where} answers {warning['code']}" + (f" ({message})" if message else "")
