"""Policies from a commit of a git repository, near or far. Polling is the truth, and a branch may only move forward."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from reapers.sources.address import parse
from reapers.sources.errors import SourceError
from reapers.sources.gitcli import Git
from reapers.sources.mirror import Local, objects
from reapers.sources.signatures import vouch
from reapers.sources.signers import Signers
from reapers.sources.tree import Tree, folder_of, read_tree

FREEZE = "FREEZE"
"""A file of this name beside the policies freezes everything; its text is the reason."""

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+@#-]*")
_STEPS = re.compile(r"[~^:]|@\{")
"""Where a revision's name ends and the walk from it begins: main~2, v1^{commit}."""


class Moved(StrEnum):
    """How a branch stands to the commit that was last good. Only `rewound` must freeze."""

    SAME = "same"
    FORWARD = "forward"
    REWOUND = "rewound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A branch as it was polled: its commit, when we asked, how it moved, and its policy files by path in the repository.

    Where signatures are demanded, `signer` is who signed the newest commit, and `distrust` is why nobody vouches for the way
    there: the files are not read then.
    """

    sha: str
    files: Mapping[str, str]
    polled_at: datetime
    moved: Moved
    signer: str = ""
    distrust: str = ""
    freeze: str | None = None
    """The text of the file FREEZE in the policies' folder; None: there is none, or the files are not read."""


class Unread(SourceError):
    """The branch answered, and the files of its head cannot be had. `head` is where it stands, without files."""

    def __init__(self, sentence: str, head: Head) -> None:
        super().__init__(sentence)
        self.head = head


class Repository:
    """A policy repository: `url` is a folder, file://, https://, ssh:// or user@host:path; `path` its folder of policies.

    The copy of a remote repository lies in `cache_dir`. A token, or what stands before the @ of the address, is sent to that host
    only and is in no message. With `signers`, a poll takes only commits that they signed. Every method raises SourceError with
    one sentence.
    """

    def __init__(  # noqa: PLR0913 - one argument for each setting of `policies`
        self,
        url: str,
        branch: str = "main",
        path: str = "policies",
        cache_dir: Path | str = ".sexton/git",
        token: str = "",
        signers: Signers | None = None,
    ) -> None:
        self._address = parse(str(url), token)
        self._folder = folder_of(path)
        self._objects = objects(self._address, Path(cache_dir))
        self._tree = Tree()
        """As it was read last. Several threads may ask, so that it is replaced and never changed."""
        self._branch = branch
        self._ref = _branch_ref(branch)
        self._signers = signers
        if signers is not None:
            signers.check(_work_tree(Path(self._address.location)) if self._address.protocol == "local" else None)

    @property
    def shown(self) -> str:
        """The address without credentials."""
        return self._address.shown

    def __repr__(self) -> str:
        return f"Repository({self.shown!r}, {self._branch!r})"

    def poll(self, now: datetime, last_good: str = "") -> Head:
        """The branch's newest commit with its policies, compared with the commit that the caller last found good.

        `now` (aware, UTC) is written down as the moment of asking. Without a `last_good` the branch counts as moved forward, and
        of signatures only the newest commit's is asked for. Unread where the commit holds what is not read as a policy; that it
        has a file FREEZE is told all the same.
        """
        with self._objects.opened() as git:
            self._objects.update(git, self._ref)
            sha = _commit(git, self._ref)
            if not sha:
                raise SourceError(self._no_branch(git))
            head = Head(sha=sha, files={}, polled_at=now, moved=_moved(git, last_good, sha))
            if self._signers is not None and head.moved is Moved.FORWARD:
                vouched = vouch(git, self._signers, (last_good, sha), now)
                head = replace(head, signer=vouched.by, distrust=vouched.problem)
            if head.distrust:
                return head
            freeze = f"{self._folder}/{FREEZE}" if self._folder else FREEZE
            try:
                files = self._files(git, sha)
            except SourceError as error:
                raise Unread(str(error), replace(head, freeze="" if _has(git, sha, freeze) else None)) from None
            return replace(head, files=files, freeze=files.get(freeze))

    def resolve(self, rev: str) -> str:
        """The full id of the commit that a revision names: a branch, tag or id, also main~2. Remote ones are asked for anew."""
        with self._objects.opened() as git:
            return self._resolve(git, rev)

    def files_at(self, rev: str) -> Mapping[str, str]:
        """The policy files at a revision, by path in the repository."""
        with self._objects.opened() as git:
            sha = self._resolve(git, rev)
            return self._files(git, sha)

    def _files(self, git: Git, sha: str) -> Mapping[str, str]:
        self._tree = read_tree(git, sha, self._folder, self._at(sha), self._tree)
        return self._tree.files

    def on_branch(self, rev: str, branch: str = "") -> bool:
        """Whether a commit lies on a branch of this repository, its own where none is named. The branch is asked for anew."""
        ref = _branch_ref(branch) if branch else self._ref
        with self._objects.opened() as git:
            sha = self._resolve(git, rev)
            self._objects.update(git, ref)
            tip = _commit(git, ref) or (_commit(git, f"refs/remotes/origin/{branch}") if branch else "")
            return bool(tip) and git.ask("merge-base", "--is-ancestor", sha, tip).code == 0

    def fork_point(self, base: str, head: str) -> str:
        """The newest commit that both have: what a change from `base` to `head` itself begins at. Empty where they have none."""
        with self._objects.opened() as git:
            reply = git.ask("merge-base", "--end-of-options", self._resolve(git, base), self._resolve(git, head))
            return reply.out.decode("ascii").split("\n", 1)[0] if reply.code == 0 else ""

    def _resolve(self, git: Git, rev: str) -> str:
        if not rev or rev.startswith("-") or not rev.isprintable():
            raise SourceError(f"{rev!r} is not the name of a commit.")
        if isinstance(self._objects, Local):
            sha = _commit(git, rev) or _commit(git, f"refs/remotes/origin/{rev}")
        else:
            sha = self._resolve_there(git, rev)
        if not sha:
            hint = "A shallow clone has only the newest: fetch the whole history."
            raise SourceError(f"There is no commit {rev} in {self.shown}. {hint}")
        return sha

    def _resolve_there(self, git: Git, rev: str) -> str:
        """In a mirror: a full id that is here cannot change; everything else is fetched by its name first."""
        if _SHA.fullmatch(rev):
            found = _commit(git, rev)
            if found:
                return found
        name = _STEPS.split(rev, maxsplit=1)[0]
        ref = self._ref if name == "HEAD" else name if _SHA.fullmatch(name) else _branch_ref(name)
        self._objects.update(git, ref)
        return _commit(git, ref + rev[len(name) :])

    def _at(self, sha: str) -> str:
        return f"{self.shown} at {sha[:12]}"

    def _no_branch(self, git: Git) -> str:
        listed = (
            git.run("for-each-ref", "--count=5", "--format=%(refname:short)", "refs/heads").decode("utf-8", "replace").split()
        )
        has = ", ".join(listed) or "no commits"
        return f"There is no branch {self._branch} in {self.shown}: it has {has}."


def _work_tree(place: Path) -> Path:
    """The folder that a local repository fills, where a commit could put files."""
    return next((folder for folder in (place, *place.parents) if (folder / ".git").exists()), place)


def _branch_ref(branch: str) -> str:
    """The full name of a branch that is no option, pattern or walk through history. refs/pull/7/head stays as it is."""
    odd = ".." in branch or "//" in branch or "@{" in branch or "/." in branch or branch.endswith(("/", ".", ".lock"))
    if odd or not _BRANCH.fullmatch(branch):
        raise SourceError(f"{branch!r} is not the name of a branch.")
    return branch if branch.startswith("refs/") else f"refs/heads/{branch}"


def _commit(git: Git, rev: str) -> str:
    """The id of a commit; empty when there is none of that name."""
    reply = git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    return reply.out.decode("ascii").strip() if reply.code == 0 else ""


def _has(git: Git, sha: str, path: str) -> bool:
    """Whether a commit has anything of this name: a file, a link, a submodule."""
    return git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{sha}:{path}").code == 0


def _moved(git: Git, last_good: str, sha: str) -> Moved:
    """Same, forward, or neither: a commit that we do not find any more has been rewritten away."""
    if not last_good:
        return Moved.FORWARD
    if last_good == sha:
        return Moved.SAME
    if not _SHA.fullmatch(last_good):
        return Moved.REWOUND
    reply = git.ask("merge-base", "--is-ancestor", last_good, sha)
    return Moved.FORWARD if reply.code == 0 else Moved.REWOUND
