"""Lists of one location and of all at once, in pages."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from demo.gcp.calls import Call, scope_of
from demo.gcp.estate import HOME, ZONES, Estate, Thing
from demo.gcp.filters import parse
from demo.gcp.plays import plays
from demo.gcp.refusals import Refusal, invalid

Row = dict[str, Any]

MOST = 500
"""Google's limit for maxResults."""


@plays(
    "compute.disks.list", "compute.regionDisks.list", "compute.instances.list", "compute.addresses.list",
    "compute.globalAddresses.list", "compute.snapshots.list", "compute.machineImages.list", "compute.zoneOperations.list",
    "compute.regionOperations.list",
    "compute.globalOperations.list",
)  # fmt: skip
def in_one_place(estate: Estate, call: Call) -> Row:
    """The resources of one collection and location."""
    if silent(estate, call.project, call.location):
        raise Refusal(503, "backendError", f"{call.location} is unreachable.")
    here = [thing for thing in estate.things.values() if thing.place[:3] == (call.project, call.location, call.collection)]
    rows, token = page(estate, call, _wanted(call, here))
    return _answer(call, f"{call.scope}/{call.collection}", rows, token)


@plays("compute.disks.aggregatedList", "compute.instances.aggregatedList", "compute.addresses.aggregatedList")
def everywhere(estate: Estate, call: Call) -> Row:
    """The resources of one collection by location. Those that do not answer say so in a warning."""
    dead = {place for project, place in estate.silent if project in (call.project, "*")}
    found = [thing for thing in estate.things.values() if (thing.place[0], thing.place[2]) == (call.project, call.collection)]
    rows, token = page(estate, call, _wanted(call, [thing for thing in found if thing.place[1] not in dead]))
    parts = {scope_of(place): _nothing(place, place in dead) for place in _locations(call.collection)}
    for row in rows:
        scope = "/".join(row["selfLink"].removeprefix(f"{HOME}/projects/{call.project}/").split("/")[:-2])
        parts[scope].pop("warning", None)
        parts[scope].setdefault(call.collection, []).append(row)
    answer = _answer(call, f"aggregated/{call.collection}", [], token)
    return answer | {"items": parts}


@plays("compute.zones.list")
def zones(estate: Estate, call: Call) -> Row:
    """The zones that the double has."""
    home = f"{HOME}/projects/{call.project}"
    rows = [
        {
            "kind": "compute#zone",
            "name": f"{region}-{letter}",
            "status": "UP",
            "region": f"{home}/regions/{region}",
            "selfLink": f"{home}/zones/{region}-{letter}",
        }
        for region, letters in ZONES.items()
        for letter in letters
    ]
    shown, token = page(estate, call, rows)
    return _answer(call, "zones", shown, token)


def page(estate: Estate, call: Call, rows: Sequence[Row]) -> tuple[list[Row], str]:
    """One page of rows and the token of the next, which is bound to the method and filter that it was given for."""
    size = int(call.query.get("maxResults", MOST))
    if size > MOST:
        raise invalid("maxResults", f"'{size}'. Must be at most {MOST}.")
    size = min(size or MOST, int(call.query.get("pageSize") or MOST), estate.largest_page)
    bound = f"{call.method}|{call.project}|{call.location}|{call.query.get('filter', '')}|{call.query.get('parent', '')}|"
    start = _start(call.query.get("pageToken", ""), bound)
    rest = len(rows) > start + size
    return list(rows[start : start + size]), base64.urlsafe_b64encode(f"{bound}{start + size}".encode()).decode() if rest else ""


def silent(estate: Estate, project: str, location: str) -> bool:
    """Whether a location does not answer for a project."""
    return bool({(project, location), ("*", location)} & estate.silent)


def _start(token: str, bound: str) -> int:
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token).decode()
    except ValueError:
        text = ""
    if not text.startswith(bound) or not text.removeprefix(bound).isdecimal():
        raise invalid("pageToken", f"'{token}'. It belongs to another request.")
    return int(text.removeprefix(bound))


def _wanted(call: Call, things: Sequence[Thing]) -> list[Row]:
    test = parse(call.query.get("filter", ""))
    fits = [thing for thing in things if test(thing.shown)]
    order = call.query.get("orderBy", "name")
    if order == "creationTimestamp desc":
        fits.sort(key=lambda thing: int(thing.shown["id"]), reverse=True)  # ids count up; times may be equal
    elif order == "name":
        fits.sort(key=lambda thing: (thing.place[1], thing.place[3]))
    else:
        raise invalid("orderBy", f"'{order}'. Only name and creationTimestamp desc are supported.")
    return [thing.shown for thing in fits]


def _answer(call: Call, path: str, rows: list[Row], token: str) -> Row:
    whole = {"id": f"projects/{call.project}/{path}", "selfLink": f"{HOME}/projects/{call.project}/{path}"}
    return whole | ({"items": rows} if rows else {}) | ({"nextPageToken": token} if token else {})


def _nothing(place: str, dead: bool) -> Row:
    scope = scope_of(place)
    code, said = ("UNREACHABLE", f"The scope '{scope}' is unreachable.") if dead else (
        "NO_RESULTS_ON_PAGE", f"There are no results for scope '{scope}' on this page."
    )  # fmt: skip
    return {"warning": {"code": code, "message": said, "data": [{"key": "scope", "value": scope}]}}


def _locations(collection: str) -> list[str]:
    """Disks and instances are asked of zones, disks and addresses of regions, addresses of the globe."""
    zones = [f"{region}-{letter}" for region, letters in ZONES.items() for letter in letters] if collection != "addresses" else []
    return zones + (list(ZONES) if collection != "instances" else []) + (["global"] if collection == "addresses" else [])
