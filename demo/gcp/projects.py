"""Resource Manager: projects in folders in an organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.gcp.calls import Call
from demo.gcp.estate import Estate, zulu
from demo.gcp.filters import parse
from demo.gcp.lists import page
from demo.gcp.plays import plays
from demo.gcp.refusals import Refusal

Shown = dict[str, Any]


def make_project(estate: Estate, name: str, parent: str = "", **shown: Any) -> Shown:
    """A project. `shown` may hold displayName, labels and state."""
    made = {"name": f"projects/{str(estate.number())[-12:]}", "projectId": name, "displayName": name, "state": "ACTIVE"}
    made |= {"createTime": zulu(estate.now()), "updateTime": zulu(estate.now()), "etag": 'W/"1"'}
    estate.projects[name] = made | ({"parent": parent} if parent else {}) | shown
    return estate.projects[name]


def make_folder(estate: Estate, name: str, parent: str, title: str) -> Shown:
    """A folder: `folders/1001` in `organizations/1`."""
    now = zulu(estate.now())
    made = {"name": name, "parent": parent, "displayName": title, "state": "ACTIVE", "createTime": now, "updateTime": now}
    estate.folders[name] = made
    return made


@plays("cloudresourcemanager.projects.get")
def get_project(estate: Estate, call: Call) -> Shown:
    """By id or number. What is not there is refused, as what may not be seen."""
    numbers = {project["name"].split("/")[1]: project for project in estate.projects.values()}
    project = estate.projects.get(call.name) or numbers.get(call.name)
    if project is None:
        raise Refusal(403, "forbidden", f"Permission 'resourcemanager.projects.get' denied on resource 'projects/{call.name}'")
    return project


@plays("cloudresourcemanager.projects.list")
def list_projects(estate: Estate, call: Call) -> Shown:
    """The projects directly in a folder or organization."""
    rows = [project for project in estate.projects.values() if _here(project, call) and project["state"] == "ACTIVE"]
    return _answer(estate, call, "projects", rows)


@plays("cloudresourcemanager.projects.search")
def search_projects(estate: Estate, call: Call) -> Shown:
    """All projects that a query names."""
    test = parse(call.query.get("query", ""))
    return _answer(estate, call, "projects", [project for project in estate.projects.values() if test(project)])


@plays("cloudresourcemanager.folders.get")
def get_folder(estate: Estate, call: Call) -> Shown:
    """By its number."""
    folder = estate.folders.get(f"folders/{call.name}")
    if folder is None:
        raise Refusal(403, "forbidden", f"Permission 'resourcemanager.folders.get' denied on resource 'folders/{call.name}'")
    return folder


@plays("cloudresourcemanager.folders.list")
def list_folders(estate: Estate, call: Call) -> Shown:
    """The folders directly in a folder or organization."""
    return _answer(estate, call, "folders", [folder for folder in estate.folders.values() if _here(folder, call)])


def _here(thing: Mapping[str, Any], call: Call) -> bool:
    if not call.query.get("parent"):
        raise Refusal(400, "required", "The parent must be given.")
    return bool(thing.get("parent") == call.query["parent"])


def _answer(estate: Estate, call: Call, name: str, rows: list[Shown]) -> Shown:
    shown, token = page(estate, call, rows)
    return ({name: shown} if shown else {}) | ({"nextPageToken": token} if token else {})
