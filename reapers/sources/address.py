"""Where a policy repository is: a folder here, or file://, https://, ssh:// and user@host:path. Nothing else is asked."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from reapers.sources.errors import SourceError

LOOPBACK = ("127.0.0.1", "localhost", "::1")

_HELPER = re.compile(r"[A-Za-z0-9]+::")
"""`ext::sh -c …`: git would run whatever the address says."""
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SCP = re.compile(r"(?:(?P<user>[^@/:]+)@)?(?P<host>[^@/:]+|\[[^\]/]+\]):(?P<path>.+)")
_ACCEPTED = "a folder, file://, https://, ssh:// or user@host:path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A checked address. `location` is what git is given and `shown` what people see: neither holds a secret."""

    protocol: str
    """local, file, http, https or ssh; all but local are what git may speak for it."""
    location: str
    shown: str
    header: str = field(default="", repr=False)
    """The Authorization header for https, empty without credentials."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must not appear in a message."""


def parse(url: str, token: str = "") -> Address:
    """The address that a person wrote, with the token that goes with it. SourceError where we would not ask there."""
    if not url or not url.isprintable():
        raise SourceError(f"The address of the policy repository is empty or holds unprintable characters: expected {_ACCEPTED}.")
    if url.startswith("-"):
        raise SourceError(f"The address {url} of the policy repository looks like an option: expected {_ACCEPTED}.")
    if _HELPER.match(url):
        raise SourceError(f"The address {url.split('::')[0]}::… would let git run a program of its choice: expected {_ACCEPTED}.")
    if "://" in url:
        return _with_scheme(url, token)
    match = _SCP.fullmatch(url)
    return _scp(match) if match else _local(Path(url))


def _with_scheme(url: str, token: str) -> Address:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise SourceError("The address of the policy repository cannot be understood: its host or port is malformed.") from None
    match parts.scheme.lower():
        case "http" | "https":
            return _web(parts, port, token)
        case "ssh":
            return _ssh(parts, port)
        case "file":
            return _file(parts, port)
    raise SourceError(f"Policies cannot be read through {parts.scheme}://: expected {_ACCEPTED}.")


def _file(parts: SplitResult, port: str) -> Address:
    if parts.hostname not in (None, "localhost") or port or not parts.path.startswith("/"):
        raise SourceError(
            f"The address file://{parts.hostname or ''}{parts.path} names no folder of this machine: expected file:///path."
        )
    folder = unquote(parts.path)
    return Address(protocol="file", location=f"file://{parts.path}", shown=f"file://{folder}")


def _web(parts: SplitResult, port: str, token: str) -> Address:
    host = _host(parts.hostname)
    if parts.scheme.lower() == "http" and parts.hostname not in LOOPBACK:
        raise SourceError(f"Policies read from http://{host} could be changed on the way: use https://{host}{port}{parts.path}.")
    if parts.query or parts.fragment:
        raise SourceError(f"The address of the policy repository at {host} may have no ? or # part.")
    location = f"{parts.scheme.lower()}://{host}{port}{parts.path}"
    user, password = unquote(parts.username or ""), token or unquote(parts.password or "")
    if not password:  # https://TOKEN@host, as people paste it
        user, password = "", user
    if not password:
        return Address(protocol=parts.scheme.lower(), location=location, shown=location)
    secret = base64.b64encode(f"{user or 'x-access-token'}:{password}".encode()).decode()
    secrets = (secret, password, parts.password or password)
    return Address(
        protocol=parts.scheme.lower(), location=location, shown=location, header=f"Authorization: Basic {secret}", secrets=secrets
    )


def _ssh(parts: SplitResult, port: str) -> Address:
    if parts.password is not None:
        raise SourceError("An ssh:// address may hold no password: give Sexton's user a key instead.")
    user, host = _user(parts.username), _host(parts.hostname)
    if len(parts.path) < 2 or parts.path.startswith("/-"):
        raise SourceError(f"The address ssh://{host}{port}{parts.path} names no repository.")
    return Address(protocol="ssh", location=f"ssh://{user}{host}{port}{parts.path}", shown=f"ssh://{host}{port}{parts.path}")


def _scp(match: re.Match[str]) -> Address:
    user, host, path = _user(match["user"]), match["host"], match["path"]
    shown = _host(host.strip("[]"))
    if path.startswith("-"):
        raise SourceError(f"The path {path} of the repository at {shown} looks like an option.")
    return Address(protocol="ssh", location=f"{user}{shown}:{path}", shown=f"{shown}:{path}")


def _local(folder: Path) -> Address:
    place = str(folder.expanduser().resolve())
    return Address(protocol="local", location=place, shown=place)


def _host(host: str | None) -> str:
    """A host that neither git nor ssh can take for an option; IPv6 in brackets."""
    if not host or not _HOST.fullmatch(host):
        raise SourceError("The address of the policy repository names no host that can be asked.")
    return f"[{host}]" if ":" in host else host


def _user(user: str | None) -> str:
    if user is None:
        return ""
    if not _USER.fullmatch(user):
        raise SourceError("The user in the address of the policy repository holds characters that ssh could take for an option.")
    return f"{user}@"
