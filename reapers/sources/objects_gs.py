"""Objects in Google Cloud Storage, over its JSON API with application default credentials."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import google.auth
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests import RequestException, Response
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from reapers.clouds.gcp_session import TIMEOUT, brief, local
from reapers.sources.errors import SnapshotError

HOST = "https://storage.googleapis.com"
EMULATOR = "STORAGE_EMULATOR_HOST"
"""The variable by which Google's own clients find another endpoint; only one on this machine is asked without credentials."""

SCOPES = ("https://www.googleapis.com/auth/devstorage.read_write",)
AGAIN = Retry(
    total=4,
    backoff_factor=0.3,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET", "POST", "DELETE"),  # an upload sends the same bytes again under the same name
    raise_on_status=False,
)
CHUNK = 1024 * 1024


class GSObjects:
    """The objects below `gs://bucket/prefix/`."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._host = _host()
        self._session = _session(self._host, self.shown)

    @property
    def shown(self) -> str:
        """The address."""
        return f"gs://{self._bucket}/{self._prefix}".rstrip("/")

    def names(self) -> Iterator[str]:
        """Every name, over all pages."""
        asked = {"prefix": self._prefix, "fields": "items/name,nextPageToken"}
        while True:
            page = self._ask("GET", self._objects(), "storage.objects.list", params=asked).json()
            yield from (found["name"].removeprefix(self._prefix) for found in page.get("items", ()))
            if not page.get("nextPageToken"):
                return
            asked = {**asked, "pageToken": page["nextPageToken"]}

    def read(self, name: str) -> bytes | None:
        """The content of a small object; None where there is no such object."""
        answer = self._ask("GET", self._object(name), "storage.objects.get", params={"alt": "media"}, absent=True)
        return None if answer.status_code == 404 else answer.content

    def fetch(self, name: str, file: Path) -> None:
        """Copy an object into a file here."""
        with self._ask("GET", self._object(name), "storage.objects.get", params={"alt": "media"}, stream=True) as answer:
            try:
                with file.open("wb") as written:
                    for part in answer.iter_content(CHUNK):
                        written.write(part)
            except RequestException as error:
                raise self._silent(error) from error

    def send(self, name: str, file: Path) -> None:
        """Write a file's content under a name."""
        url = f"{self._host}/upload/storage/v1/b/{quote(self._bucket, safe='')}/o"
        with file.open("rb") as content:
            params = {"uploadType": "media", "name": self._prefix + name}
            self._ask("POST", url, "storage.objects.create", params=params, data=content)

    def remove(self, names: Sequence[str]) -> None:
        """Take objects away."""
        for name in names:
            self._ask("DELETE", self._object(name), "storage.objects.delete", absent=True)

    def _objects(self) -> str:
        return f"{self._host}/storage/v1/b/{quote(self._bucket, safe='')}/o"

    def _object(self, name: str) -> str:
        return f"{self._objects()}/{quote(self._prefix + name, safe='')}"

    def _ask(  # noqa: PLR0913 - one request with everything that tells it from another
        self,
        method: str,
        url: str,
        permission: str,
        *,
        params: dict[str, str] | None = None,
        data: IO[bytes] | None = None,
        stream: bool = False,
        absent: bool = False,
    ) -> Response:
        """The answer; SnapshotError for every other than success and, where it may be `absent`, 404."""
        try:
            answer: Response = self._session.request(method, url, params=params, data=data, stream=stream, timeout=TIMEOUT)
        except (RequestException, GoogleAuthError) as error:
            raise self._silent(error) from error
        if answer.ok or (absent and answer.status_code == 404 and not self._no_bucket(answer)):
            return answer
        if answer.status_code in (401, 403):
            raise SnapshotError(f"{self.shown} refuses {permission}: grant it, for this bucket, to whom Sexton runs as.")
        if answer.status_code == 404:
            raise SnapshotError(f"{self.shown} cannot be used: there is no such bucket.")
        raise SnapshotError(f"{self.shown} answers {answer.status_code} to {permission}.")

    def _no_bucket(self, answer: Response) -> bool:
        """Whether a 404 is about the bucket: an object that is not there is an answer, a bucket that is not there is none."""
        return "bucket does not exist" in _message(answer)

    def _silent(self, error: Exception) -> SnapshotError:
        return SnapshotError(f"{self.shown} does not answer: {brief(error)}.")


def _message(answer: Response) -> str:
    try:
        said: Any = answer.json()
    except ValueError:
        return answer.text[:200]
    return str(said.get("error", {}).get("message", "")) if isinstance(said, dict) else ""


def _host() -> str:
    named = os.environ.get(EMULATOR, "").rstrip("/")
    return (named if "://" in named else f"http://{named}") if named else HOST


def _session(host: str, shown: str) -> AuthorizedSession:
    if not host.startswith("https://") and not local(host):
        raise SnapshotError(f"{EMULATOR} {host} is neither https nor on this machine: credentials are not sent there.")
    try:
        found = AnonymousCredentials() if local(host) else google.auth.default(scopes=SCOPES)[0]
    except DefaultCredentialsError as error:
        raise SnapshotError(f"{shown}: no Google credentials were found; run `gcloud auth application-default login`.") from error
    session = AuthorizedSession(found)
    session.trust_env = not local(host)
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=AGAIN))
    return session
