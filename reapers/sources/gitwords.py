"""What git's own errors mean for people, as one sentence with what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reapers.sources.address import Address

DAMAGED = re.compile(
    r"not a git repository|corrupt|loose object|bad object|unable to read|object file .* is empty|cannot lock ref"
)
"""What git says of objects that a crash left half-written, and of a branch whose name is now a folder."""

_MEANINGS: Mapping[str, str] = {
    r"couldn't find remote ref": "has no {ref}: name a branch that exists",
    r"Could not resolve host|Name or service not known": "cannot be reached: its host name is not known",
    r"Failed to connect|Connection (refused|timed out)|is unreachable|No route": "cannot be reached: nothing answers there",
    r"Host key verification failed|authenticity of host": "is not trusted by ssh: add its host key to known_hosts",
    r"Permission denied \(|Too many authentication failures": "refuses our ssh key: add it as a deploy key that may read",
    r"Authentication failed|could not read (Username|Password)|terminal prompts disabled|error: 401": (
        "asks for credentials that we do not have: set a token that may read it"
    ),
    r"error: 403|[Pp]ermission.*denied": "refuses us: the token may not read it",
    r"error: 3\d\d|redirect": "has moved: write its new address (redirects are not followed)",
    r"error: 404|[Rr]epository.* not found|does not appear to be a git repository|does not exist|no such file": (
        "is not there, or is hidden from our credentials"
    ),
    r"SSL|certificate": "is not trusted: its TLS certificate was refused (GIT_SSL_CAINFO names a CA file)",
    r"fsck|error in object|contains full pathnames|hasDot|badTree|treeNotSorted": (
        "sent objects that git's own checks refuse: nothing of them is read"
    ),
    r"[Nn]o space left|[Dd]isk quota|unable to write": "cannot be copied: this machine's disk is full",
    r"Operation too slow|early EOF|hung up unexpectedly|timed out": "answers too slowly or broke off: it is asked again",
    r"error: 5\d\d|RPC failed": "has an error of its own: it is asked again",
    r"dubious ownership": "belongs to another user of this machine, and git refuses to read it",
}
"""In order: the first that is found in git's text."""


def sentence(err: str, address: Address, ref: str) -> str:
    """One sentence about a failed fetch. `err` is git's text without credentials."""
    what = f"branch {ref.removeprefix('refs/heads/')}" if ref.startswith("refs/heads/") else ref
    for pattern, meaning in _MEANINGS.items():
        if re.search(pattern, err):
            return f"The policy repository {address.shown} {meaning.format(ref=what)}."
    return f"The policy repository {address.shown} could not be read: {last_line(err)}."


def last_line(err: str) -> str:
    """The end of git's text, which says most."""
    last = next((line for line in reversed(err.splitlines()) if line.strip()), "git gave no reason")
    return last.strip()[:200]
