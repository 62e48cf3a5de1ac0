"""How a command ends when it cannot do what was asked: what a person can cause becomes one sentence and a code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DONE, FAILED, MISUSE, NOTHING_READ = 0, 1, 2, 3
"""Exit codes: done, whatever was found; it did not pass or does not exist or was refused; misuse; nothing could be read."""


class Stop(Exception):
    """Raised by a command that ends early: the sentence that a person reads, and the exit code."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


def there(*paths: Path, option: str = "") -> None:
    """Stop where somebody names a file or folder that does not exist. `option`: how to name another one."""
    for path in paths:
        if not path.exists():
            raise Stop(f"There is no file or folder {path}{f'; name one with {option}' if option else ''}.", FAILED)


CODES: Mapping[str, int] = {
    "api.settings.SettingsProblem": MISUSE,
    "api.client.Answered": FAILED,
    "api.client.NoAnswer": NOTHING_READ,
    "reapers.desk.Refused": FAILED,
    "reapers.desk.NoSuchCase": FAILED,
    "reapers.clouds.cloud.Unreachable": NOTHING_READ,
    "reapers.sources.asking.Refused": MISUSE,
    "reapers.sources.errors.SourceError": NOTHING_READ,
    "reapers.store.errors.LedgerUnavailable": NOTHING_READ,
    "reapers.store.errors.Stale": FAILED,
}
"""Exceptions whose text is already a sentence for people. By name: only whoever raises one pays for its import."""


def ending(error: Exception) -> tuple[str, int]:
    """The sentence and the exit code of an error. What is in no table is a bug of ours, and says how to report it."""
    if isinstance(error, Stop):
        return error.sentence, error.code
    for parent in type(error).__mro__:
        code = CODES.get(f"{parent.__module__}.{parent.__qualname__}")
        if code is not None:
            return str(error), code
    if isinstance(error, OSError):
        return _of_the_machine(error), NOTHING_READ
    what = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
    return f"Sexton met an error it does not know ({what}). SEXTON_DEBUG=1 shows where; please report it with that.", NOTHING_READ


def _of_the_machine(error: OSError) -> str:
    """Files and sockets: the system's own words and what they are about."""
    said = error.strerror or str(error) or type(error).__name__
    about = f"{error.filename}: " if error.filename else ""
    return f"{about}{said}."
