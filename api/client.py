"""People's commands speak to the server over HTTP, with the token of the person who types."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from engine.wording import clean

URL = "http://127.0.0.1:8080"
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - addresses that a server listens on, and nobody speaks to
TOKEN_FILE = Path(".sexton/token")
SECONDS = (5, 30)
"""Until a connection stands, and until an answer comes: a plan over a large ledger takes some seconds."""


class NoAnswer(Exception):
    """The server was not reached, or what answered is not Sexton. The text is a sentence."""


class Answered(Exception):
    """The server said no. The text is its own sentence."""

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status


class Client:
    """One server, one person."""

    def __init__(self, url: str, token: str, seconds: tuple[int, int] = SECONDS) -> None:
        self.url = url.rstrip("/")
        self.seconds = seconds
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.session.headers["Accept"] = "application/json"

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """Read something; parameters that are None are left out."""
        return self._ask("GET", path, params={name: value for name, value in parameters.items() if value is not None})

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Say something."""
        return self._ask("POST", path, json=dict(body))

    def delete(self, path: str, **parameters: Any) -> dict[str, Any]:
        """Take something back; parameters that are None are left out."""
        return self._ask("DELETE", path, params={name: value for name, value in parameters.items() if value is not None})

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            # No redirect is followed: the token is for this address only.
            answer = self.session.request(method, f"{self.url}{path}", timeout=self.seconds, allow_redirects=False, **more)
            said = answer.json() if answer.content else {}
        except requests.exceptions.JSONDecodeError as error:
            raise NoAnswer(f"What answers at {self.url} is not Sexton; set SEXTON_URL to where `sexton serve` runs.") from error
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema) as error:
            raise NoAnswer(f"SEXTON_URL is {self.url!r}, which is no address; write it as {URL}.") from error
        except requests.exceptions.Timeout as error:
            raise NoAnswer(f"{self.url} did not answer in {self.seconds[1]} s; look at the log of `sexton serve`.") from error
        except requests.exceptions.RequestException as error:
            raise NoAnswer(f"Nothing answers at {self.url}; start `sexton serve` there, or set SEXTON_URL.") from error
        if not isinstance(said, dict) or (answer.ok and "schema" not in said):
            raise NoAnswer(f"What answers at {self.url} is not Sexton; set SEXTON_URL to where `sexton serve` runs.")
        if not answer.ok:
            raise Answered(clean(str(said.get("detail") or answer.reason), 1000), answer.status_code)
        return said


def client_from(environment: Mapping[str, str] = os.environ) -> Client:
    """A client for SEXTON_URL with SEXTON_TOKEN, or with the token that `sexton serve` wrote for the local operator."""
    token = environment.get("SEXTON_TOKEN", "").strip() or _token_here()
    if not token:
        raise Answered(f"There is no token: set SEXTON_TOKEN, or run this where `sexton serve` wrote {TOKEN_FILE}.", 401)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Answered("The token has signs that no token has; copy it again, from sxt_ to its end.", 401)
    return Client(environment.get("SEXTON_URL") or _url_here(environment), token)


def _url_here(environment: Mapping[str, str]) -> str:
    """Where the settings of this folder, if there are any, let the server listen."""
    from api.settings import FILE, load

    if not Path(FILE).is_file() and not any(name.startswith("SEXTON_SERVE__") for name in environment):
        return URL
    serve = load().serve
    host = "127.0.0.1" if serve.host in EVERYWHERE else f"[{serve.host}]" if ":" in serve.host else serve.host
    return f"http://{host}:{serve.port}"


def _token_here() -> str:
    try:
        return TOKEN_FILE.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Answered(f"{TOKEN_FILE} cannot be read; it belongs to whoever runs `sexton serve`.", 401) from error


def the_case(client: Client, text: str) -> dict[str, Any]:
    """The one case that somebody means, as the server finds it. An open one goes before closed ones."""
    found: list[dict[str, Any]] = client.get("/v1/cases", find=text)["cases"]
    exact = [case for case in found if case["id"] == text]
    meant = exact or [case for case in found if case["state"] != "closed"] or found
    if not meant:
        raise Answered(f"There is no case {text!r}; `sexton cases` lists them.", 404)
    if len(meant) > 1:
        raise Answered(f"{text!r} may mean {', '.join(case['id'] for case in meant[:5])}; name one of them.", 409)
    return meant[0]


def path_of(case_id: str, *what: str) -> str:
    """The address of a case, or of what can be done with it."""
    return "/".join(("/v1/cases", quote(case_id, safe=""), *what))
