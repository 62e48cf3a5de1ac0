"""Whether `api`, `engine` and `reapers` are ours: a distribution that ships a package of such a common name overwrites it.

`check` runs at every start and looks only at places and sizes; `conflicts` is the whole search, for `sexton doctor`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec

PACKAGES = ("api", "engine", "reapers")
DISTRIBUTION = "sexton"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
"""The folder that holds our packages: site-packages, or a checkout."""

REMEDY = "Install Sexton in a virtual environment of its own, and start it with PYTHONSAFEPATH=1 and without PYTHONPATH."


def check() -> None:
    """Return when every package is ours; otherwise leave with one sentence (SystemExit). Costs about a millisecond."""
    problem = next(_shadowed(), None) or next(_replaced(), None)
    if problem:
        raise SystemExit(f"{problem}. {REMEDY}")


def conflicts() -> tuple[str, ...]:
    """Everything that is wrong, a clause each: also other distributions that claim our names, and any changed file of ours."""
    return (*_shadowed(), *_replaced(), *_claimed(), *_changed())


def _shadowed() -> Iterator[str]:
    """Packages that Python finds somewhere else than beside this one."""
    for name in PACKAGES:
        spec = find_spec(name)
        origin = spec.origin if spec else None
        if origin is None:
            yield f"The package {name} of Sexton is missing beside {ROOT}"
        elif not _same(os.path.dirname(os.path.dirname(origin)), ROOT):
            yield f"Python takes the package {name} from {os.path.dirname(origin)}, which is not Sexton's"


def _same(one: str, other: str) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _replaced() -> Iterator[str]:
    """Packages whose first file is not the size that was installed. In a checkout there is no record to compare with."""
    sizes = _installed_sizes()
    for name in PACKAGES:
        file = f"{name}/__init__.py"
        if file in sizes and os.path.getsize(os.path.join(ROOT, file)) != sizes[file]:
            yield f"Another distribution has overwritten Sexton's package {name} in {ROOT}"


def _installed_sizes() -> dict[str, int]:
    """Path -> size in bytes from our RECORD beside the packages; empty where we run from a checkout."""
    infos = (entry for entry in os.listdir(ROOT) if entry.startswith(f"{DISTRIBUTION}-") and entry.endswith(".dist-info"))
    folder = next(infos, None)
    record = os.path.join(ROOT, folder, "RECORD") if folder else ""
    if not os.path.exists(record):
        return {}
    with open(record, encoding="utf-8") as lines:
        rows = (line.rstrip("\n").rsplit(",", 2) for line in lines)
        return {path: int(size) for path, _, size in rows if size.isdigit()}


def _claimed() -> Iterator[str]:
    """Other installed distributions that ship a package of one of our names."""
    from importlib.metadata import packages_distributions  # 50 ms: only for doctor

    owners = packages_distributions()
    for name in PACKAGES:
        others = sorted(set(owners.get(name, ())) - {DISTRIBUTION})
        if others:
            yield f"The distribution {' and '.join(others)} also ships a package called {name}"


def _changed() -> Iterator[str]:
    """Files of ours whose content is not what was installed."""
    from base64 import urlsafe_b64encode
    from hashlib import sha256
    from importlib.metadata import PackageNotFoundError, files

    try:
        ours = files(DISTRIBUTION) or ()
    except PackageNotFoundError:
        return
    for file in ours:
        if file.hash is None or file.parts[0] not in PACKAGES:
            continue
        path = file.locate()
        if not os.path.exists(path):
            yield f"The file {file} of Sexton is missing"
            continue
        with open(path, "rb") as content:
            digest = urlsafe_b64encode(sha256(content.read()).digest()).rstrip(b"=").decode()
        if digest != file.hash.value:
            yield f"The file {file} of Sexton has been changed since it was installed"
