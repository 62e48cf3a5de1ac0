"""Policies as commits have them, of the repository that a folder lies in."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from api.ending import FAILED, Stop
from api.judging import Named, policies_of
from engine.load import Known
from reapers.sources.errors import SourceError
from reapers.sources.git import Repository


class Commits:
    """The commits of a folder's repository. What several of them have in common is read and built once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known = Known()

    def at(self, rev: str) -> Named:
        """The policies of the folder as a commit has them."""
        repository = self._repository(rev)
        try:
            sha = repository.resolve(rev)
        except SourceError as error:
            raise Stop(str(error), FAILED) from error
        files = repository.files_at(sha)
        return Named(ref=rev, sha=sha, policies=policies_of(files, f"{self.path} at {rev}", sha, self.known))

    def fork_point(self, base: str, head: str) -> str:
        """The newest commit that two commits both have; empty where they have none."""
        return self._repository(base).fork_point(base, head)

    def _repository(self, rev: str) -> Repository:
        if self._found is None:
            raise Stop(f"{self.path} is not in a git repository, so there is no {rev} to compare.", FAILED)
        return self._found

    @cached_property
    def _found(self) -> Repository | None:
        folder = self.path.resolve()
        top = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
        return None if top is None else Repository(str(top), path=folder.relative_to(top).as_posix())
