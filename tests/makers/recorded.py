"""GitHub's and GitLab's REST APIs as their documentation records them: a server that pages, limits and refuses as they do."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BOT = "github-actions[bot]"
NOT_FOUND = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}
INTEGRATION = {"message": "Resource not accessible by integration", "status": "403"}
LIMITED = {"message": "API rate limit exceeded for installation ID 1.", "status": "403"}


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    body: dict[str, Any]
    headers: Mapping[str, str]


@dataclass
class Recorded:
    """One repository acme/policies with pull request 7 (GitHub) and merge request 7 of project 28 (GitLab).

    `refusals`: "METHOD path-pattern" -> (status, headers, body), answered instead. `me`: whose the token is; "" for a workflow's.
    """

    url: str = ""
    me: str = ""
    page: int = 100
    comments: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=lambda: ["policies/ebs.yaml"])
    protection: dict[str, Any] | None = None
    rules: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, tuple[int, dict[str, str], Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def comment(self, body: str, login: str = BOT) -> None:
        """Somebody's comment."""
        number = len(self.comments) + 1
        user = {"login": login, "id": number, "type": "Bot" if login.endswith("[bot]") else "User"}
        self.comments.append({"id": number, "body": body, "user": user, "author": {"username": login}, "system": False})

    @property
    def bodies(self) -> list[str]:
        """The texts of all comments."""
        return [one["body"] for one in self.comments]

    @property
    def writes(self) -> list[str]:
        """What was written, as method and path."""
        return [f"{one.method} {one.path}" for one in self.asked if one.method != "GET"]

    def answer(self, asked: Asked, query: Mapping[str, list[str]]) -> tuple[int, dict[str, str], Any]:
        """Status, headers, body."""
        for pattern, refusal in self.refusals.items():
            if re.fullmatch(pattern, f"{asked.method} {asked.path}"):
                return refusal
        return self._read(asked, query) if asked.method == "GET" else self._write(asked)

    def _read(self, asked: Asked, query: Mapping[str, list[str]]) -> tuple[int, dict[str, str], Any]:
        repository = "/repos/acme/policies"
        lists = {
            f"{repository}/issues/7/comments": self.comments,
            f"{repository}/pulls/7/files": [{"filename": name, "status": "modified"} for name in self.files],
            f"{repository}/rules/branches/main": self.rules,
            "/projects/28/merge_requests/7/notes": self.comments,
            "/projects/28/merge_requests/7/diffs": [{"new_path": name, "old_path": name} for name in self.files],
        }
        if asked.path in lists:
            return self._page(lists[asked.path], asked.path, query)
        if asked.path == "/user":
            return (200, {}, {"login": self.me, "username": self.me}) if self.me else (403, {}, INTEGRATION)
        if asked.path == f"{repository}/branches/main/protection":
            return (200, {}, self.protection) if self.protection is not None else (404, {}, {"message": "Branch not protected"})
        if asked.path == "/token":
            return 200, {}, {"count": 1, "value": f"token-for-{query['audience'][0]}"}
        return 404, {}, NOT_FOUND

    def _page(self, items: list[Any], path: str, query: Mapping[str, list[str]]) -> tuple[int, dict[str, str], Any]:
        number, size = int(query.get("page", ["1"])[0]), min(self.page, int(query.get("per_page", ["30"])[0]))
        more = number * size < len(items)
        link = f'<{self.url}{path}?per_page={size}&page={number + 1}>; rel="next", <{self.url}{path}?page=9>; rel="last"'
        return 200, {"Link": link} if more else {}, items[(number - 1) * size : number * size]

    def _write(self, asked: Asked) -> tuple[int, dict[str, str], Any]:
        if asked.method == "POST" and re.search(r"/(issues/7/comments|merge_requests/7/notes)$", asked.path):
            self.comment(asked.body["body"], self.me or BOT)
            return 201, {}, self.comments[-1]
        changed = re.search(r"/(?:issues/comments|notes)/(\d+)$", asked.path)
        if changed and asked.method in ("PATCH", "PUT"):
            self.comments[int(changed[1]) - 1]["body"] = asked.body["body"]
            return 200, {}, self.comments[int(changed[1]) - 1]
        return 404, {}, NOT_FOUND


@contextmanager
def replaying() -> Iterator[Recorded]:
    """The server, on this machine."""
    recorded = Recorded()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            asked = Asked(self.command, parts.path, body, dict(self.headers))
            recorded.asked.append(asked)
            status, headers, said = recorded.answer(asked, parse_qs(parts.query))
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = answer  # noqa: N815 - http.server finds them by these names
        do_POST = answer  # noqa: N815
        do_PATCH = answer  # noqa: N815
        do_PUT = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorded.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorded
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
