"""GitLab's REST API: one note on a merge request, and its changed files. Shapes are those of docs.gitlab.com/api."""

from __future__ import annotations

from urllib.parse import quote

from reapers.sources.forge import Files, Posted
from reapers.sources.rest import Bearer, Rest

API = "https://gitlab.com/api/v4"
MOST_FILES = 1000
"""What an instance keeps of a merge request's files, unless its administrator allows more (diff limits)."""


class GitLab:
    """One project, by number or path. The token needs the scope `api`; a job's own token may not write notes."""

    def __init__(self, project: str, token: str = "", url: str = API, author: str = "") -> None:
        self._rest = Rest("GitLab", url, Bearer("PRIVATE-TOKEN", token) if token else None)
        self._path = f"/projects/{quote(project, safe='')}/merge_requests"
        self._author = author

    def post(self, number: int, body: str, marker: str, *, create: bool = True) -> Posted:
        """Keep one note on a merge request up to date: ours that begins with the marker, else a new one."""
        mine = self._author or str(self._rest.get("/user")["username"])
        notes = self._rest.pages(f"{self._path}/{number}/notes?order_by=created_at&sort=asc")
        ours = (note for note in notes if (note.get("author") or {}).get("username") == mine and not note.get("system"))
        found = next((note for note in ours if str(note.get("body") or "").startswith(marker)), None)
        if found is None:
            if not create:
                return Posted.NONE
            self._rest.send("POST", f"{self._path}/{number}/notes", {"body": body})
            return Posted.CREATED
        if found["body"].strip() == body.strip():
            return Posted.SAME
        self._rest.send("PUT", f"{self._path}/{number}/notes/{int(found['id'])}", {"body": body})
        return Posted.UPDATED

    def changed_files(self, number: int) -> Files:
        """The files that a merge request touches."""
        items = list(self._rest.pages(f"{self._path}/{number}/diffs"))
        paths = frozenset(path for item in items for path in (item["new_path"], item["old_path"]))
        return Files(paths=paths, complete=len(items) < MOST_FILES)
