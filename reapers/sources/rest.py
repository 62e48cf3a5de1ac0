"""A forge's REST API: one address, one token, pages, limits, and every failure as one sentence without the token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from engine.wording import clean
from reapers.sources.errors import SourceError

SECONDS = (5, 30)
"""Until a connection stands, and until an answer comes."""
PAGE = 100
"""Items of a page: the most that GitHub and GitLab give."""
PAGES = 100
"""A pull request with more than ten thousand comments is none that we go on reading."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ForgeError(SourceError):
    """The forge did not do what was asked. `status` is its answer's, 0 where none came; `said` is its own word, cleaned."""

    def __init__(self, sentence: str, status: int = 0, said: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.said = said


@dataclass(frozen=True, slots=True)
class Bearer(AuthBase):
    """Says who we are. As `auth`, and not as a header: a netrc file of the machine would override that."""

    header: str
    value: str = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token into its header."""
        request.headers[self.header] = self.value
        return request


class Rest:
    """One forge. Reads are tried again where its servers stumble, writes never: whether the first had an effect is not known."""

    def __init__(self, name: str, url: str, auth: Bearer | None, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ForgeError(f"The address of {name}'s API must begin with https://.")
        self.name = name
        self._url = url.rstrip("/")
        self._origin = (parts.scheme, parts.netloc)
        self._session = requests.Session()
        self._session.auth = auth
        self._session.headers.update({"User-Agent": "sexton", **(headers or {})})
        again = Retry(2, status_forcelist=(502, 503, 504), allowed_methods=("GET",), backoff_factor=0.2, raise_on_status=False)
        self._session.mount("https://", HTTPAdapter(max_retries=again))
        self._session.mount("http://", HTTPAdapter(max_retries=again))

    def get(self, path: str) -> Any:
        """Read one thing."""
        return self._json(self._ask("GET", f"{self._url}{path}"))

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Create or change one thing."""
        return self._json(self._ask(method, f"{self._url}{path}", json=dict(body)))

    def pages(self, path: str) -> Iterator[Any]:
        """Every item of a list, page after page. A list that does not end is an error: half of one would look whole."""
        url = f"{self._url}{path}{'&' if '?' in path else '?'}per_page={PAGE}"
        for _ in range(PAGES):
            answer = self._ask("GET", url)
            items = self._json(answer)
            if not isinstance(items, list):
                raise ForgeError(f"{self.name} answered {path} with something that is no list.", answer.status_code)
            yield from items
            following = answer.links.get("next", {}).get("url")
            if not following:
                return
            url = self._here(following)
        raise ForgeError(f"{self.name} has more than {PAGE * PAGES:,} items at {path}; only a part of them was read.")

    def _here(self, url: str) -> str:
        """The next page's address, which is a forge's word: with our token we go nowhere else than to the forge."""
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != self._origin:
            raise ForgeError(f"{self.name} names a next page at {clean(parts.netloc)}; that is not where it is.")
        return url

    def _ask(self, method: str, url: str, **more: Any) -> requests.Response:
        try:
            # No redirect is followed: a renamed repository is named anew, and nothing of ours is sent elsewhere.
            answer = self._session.request(method, url, timeout=SECONDS, allow_redirects=False, **more)
        except requests.Timeout as error:
            raise ForgeError(f"{self.name} did not answer in {SECONDS[1]} s; try again.") from error
        except requests.RequestException as error:
            raise ForgeError(f"{self.name} cannot be reached at {self._shown} ({type(error).__name__}).") from error
        if not answer.ok or answer.is_redirect:
            raise self._refusal(answer)
        return answer

    @property
    def _shown(self) -> str:
        return urlsplit(self._url).netloc

    def _json(self, answer: requests.Response) -> Any:
        try:
            return answer.json()
        except requests.JSONDecodeError as error:
            raise ForgeError(f"What answers at {self._shown} is not {self.name}'s API.", answer.status_code) from error

    def _refusal(self, answer: requests.Response) -> ForgeError:
        status, said = answer.status_code, _said(answer)
        path = urlsplit(answer.request.url or "").path
        limit = _limit(answer)
        if limit:
            return ForgeError(f"{self.name} takes no more requests with this token {limit}.", status, said)
        sentence = {
            301: f"{path} has moved at {self.name}: its new name is wanted",
            401: f"{self.name} does not know the token: it is wrong or has run out",
            403: f"{self.name} does not let this token use {path}",
            404: f"{self.name} has no {path}, or does not show it to this token",
            410: f"{self.name} has {path} no more",
        }.get(status, f"{self.name} refused {path} with {status}")
        return ForgeError(f"{clean(sentence, 300)}{f' ({said})' if said else ''}.", status, said)


def _said(answer: requests.Response) -> str:
    """The forge's own word. It may repeat what we sent, which holds no secret."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return clean(message, 200).rstrip(".") if isinstance(message, str) else ""


def _limit(answer: requests.Response) -> str:
    """Until when, where it is a limit that stops us: GitHub answers 403 or 429, and says so in headers; GitLab 429."""
    after, left, reset = (answer.headers.get(name, "") for name in ("retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"))
    if answer.status_code not in (403, 429):
        return ""
    if after.isdigit():
        return f"for {after} s"
    if left == "0" and reset.isdigit():
        return f"before {datetime.fromtimestamp(int(reset), UTC):%H:%M} UTC"
    return "for a while" if answer.status_code == 429 else ""
