"""Addresses as people write them: what git is given, and what people are shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from reapers.sources.address import parse


@pytest.mark.parametrize(
    ("url", "protocol", "location", "shown"),
    [
        ("https://example.test/team/p.git", "https", "https://example.test/team/p.git", "https://example.test/team/p.git"),
        ("HTTPS://Example.test:8443/p", "https", "https://example.test:8443/p", "https://example.test:8443/p"),
        ("http://127.0.0.1:80/p", "http", "http://127.0.0.1:80/p", "http://127.0.0.1:80/p"),
        ("http://[::1]:99/p", "http", "http://[::1]:99/p", "http://[::1]:99/p"),
        ("ssh://git@example.test:22/p.git", "ssh", "ssh://git@example.test:22/p.git", "ssh://example.test:22/p.git"),
        ("git@example.test:team/p.git", "ssh", "git@example.test:team/p.git", "example.test:team/p.git"),
        ("example.test:p", "ssh", "example.test:p", "example.test:p"),
        ("file:///srv/a%20b.git", "file", "file:///srv/a%20b.git", "file:///srv/a b.git"),
        ("/srv/p:q", "local", "/srv/p:q", "/srv/p:q"),
    ],
)
def test_every_form_is_understood(url: str, protocol: str, location: str, shown: str) -> None:
    address = parse(url)
    assert (address.protocol, address.location, address.shown) == (protocol, location, shown)
    assert address.header == ""


def test_a_folder_is_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in (".", "./", "x/.."):
        assert parse(text).location == str(tmp_path.resolve())
    assert parse("./-x").location == str(tmp_path.resolve() / "-x")


@pytest.mark.parametrize(
    ("url", "token", "sent"),
    [
        ("https://example.test/p", "t0ken", "x-access-token:t0ken"),
        ("https://bot@example.test/p", "t0ken", "bot:t0ken"),
        ("https://t0ken@example.test/p", "", "x-access-token:t0ken"),
        ("https://bot:t0%2Fken@example.test/p", "", "bot:t0/ken"),
        ("https://bot:old@example.test/p", "t0ken", "bot:t0ken"),
    ],
)
def test_credentials_go_into_a_header_and_nowhere_else(url: str, token: str, sent: str) -> None:
    address = parse(url, token)
    assert address.location == address.shown == "https://example.test/p"
    assert base64.b64decode(address.header.removeprefix("Authorization: Basic ")).decode() == sent
    assert "ken" not in repr(address)
    assert sent.split(":")[1] in address.secrets
