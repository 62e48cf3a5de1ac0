"""Policies from the committed head of a branch, here and behind file:// and HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reapers.sources.errors import SourceError
from reapers.sources.git import Moved, Repository

if TYPE_CHECKING:
    from tests.sources.conftest import Made

    Make = Callable[..., Made]

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FILES = {"policies/a.yaml": "kind: Team\n", "policies/deep/b.yml": "kind: Reap\n", "policies/owners.map": "* payments\n"}


@pytest.fixture(params=["local", "file", "http"])
def reach(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Made], Repository]:
    """The same repository by its folder, by file:// and by HTTP."""

    def repository(made: Made) -> Repository:
        if request.param == "http":
            url = f"{request.getfixturevalue('served').url}/{made.folder.name}/.git"
        else:
            url = str(made.folder) if request.param == "local" else made.folder.as_uri()
        return Repository(url, "main", "policies", tmp_path / "cache")

    return repository


def test_a_poll_reads_the_policies_of_the_branchs_commit(make: Make, reach: Callable[[Made], Repository]) -> None:
    made = make(
        {**FILES, "src/main.yaml": "not: policy\n", "policies/README.md": "# Read me\n", "policies/logo.png": b"\x89PNG\xff"}
    )
    head = reach(made).poll(NOW)
    assert head.files == FILES
    assert head.sha == made.git("rev-parse", "main")
    assert head.polled_at == NOW
    assert head.moved == "forward"


def test_what_two_commits_share_is_read_once(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    shared = made.git("rev-parse", "main:policies/a.yaml")
    second = made.commit({"policies/deep/b.yml": "kind: TTL\n", "policies/c.yaml": "kind: Team\n"})
    assert made.git("rev-parse", "main:policies/c.yaml") == shared, "two files of the same content are one object"
    repository = Repository(str(made.folder), "main", "policies", tmp_path / "cache")
    assert repository.files_at(f"{second}~1") == FILES
    unreadable = made.folder / ".git" / "objects" / shared[:2] / shared[2:]
    content = unreadable.read_bytes()
    unreadable.unlink()
    with pytest.raises(SourceError):
        Repository(str(made.folder), "main", "policies", tmp_path / "cache").files_at(second)
    unreadable.write_bytes(content)
    files = {**FILES, "policies/deep/b.yml": "kind: TTL\n", "policies/c.yaml": "kind: Team\n"}
    assert repository.files_at(second) == files
    assert repository.files_at(f"{second}~1") == FILES


def test_a_branch_that_moves_forward_or_stays_is_told_from_one_that_was_rewound(
    make: Make, reach: Callable[[Made], Repository]
) -> None:
    made = make(FILES)
    repository = reach(made)
    first = repository.poll(NOW).sha
    assert repository.poll(NOW, first).moved is Moved.SAME
    second = made.commit({"policies/a.yaml": "kind: Team # changed\n"})
    head = repository.poll(NOW, first)
    assert (head.sha, head.moved, head.files["policies/a.yaml"]) == (second, Moved.FORWARD, "kind: Team # changed\n")
    made.git("reset", "--quiet", "--hard", first)
    head = repository.poll(NOW, second)
    assert (head.sha, head.moved) == (first, Moved.REWOUND)


def test_a_force_push_to_a_sibling_is_a_rewind(make: Make, reach: Callable[[Made], Repository]) -> None:
    made = make(FILES)
    repository = reach(made)
    made.commit({"policies/a.yaml": "kind: Team # one\n"})
    good = repository.poll(NOW).sha
    made.git("reset", "--quiet", "--hard", "HEAD~1")
    made.commit({"policies/a.yaml": "kind: Team # other\n"})
    head = repository.poll(NOW, good)
    assert head.moved is Moved.REWOUND
    assert head.files["policies/a.yaml"] == "kind: Team # other\n"


@pytest.mark.parametrize("good", ["0" * 40, "not-a-commit", "--help"])
def test_a_last_good_commit_that_is_nowhere_is_a_rewind(make: Make, reach: Callable[[Made], Repository], good: str) -> None:
    assert reach(make(FILES)).poll(NOW, good).moved is Moved.REWOUND


def test_the_working_tree_and_the_index_are_not_policy(make: Make, reach: Callable[[Made], Repository]) -> None:
    made = make(FILES)
    made.write({"policies/a.yaml": "changed\n", "policies/new.yaml": "new\n"})
    made.git("add", "policies/new.yaml")
    assert reach(made).poll(NOW).files == FILES


def test_a_revision_is_resolved_and_read(make: Make, reach: Callable[[Made], Repository]) -> None:
    made = make(FILES)
    first = made.git("rev-parse", "HEAD")
    made.git("checkout", "--quiet", "-b", "topic/x")
    second = made.commit({"policies/a.yaml": "kind: Team # topic\n"})
    made.git("checkout", "--quiet", "main")
    repository = reach(made)
    assert repository.resolve("main") == first
    assert repository.resolve("topic/x") == second
    assert repository.resolve("topic/x~1") == first
    assert repository.resolve(second) == second
    assert repository.files_at("topic/x")["policies/a.yaml"] == "kind: Team # topic\n"
    assert repository.files_at(first) == FILES


@pytest.mark.parametrize("rev", ["nowhere", "0" * 40, "--help", "", "main\n", "main..x", "-x", "refs/heads/*"])
def test_a_revision_that_is_none_is_one_sentence(make: Make, reach: Callable[[Made], Repository], rev: str) -> None:
    with pytest.raises(SourceError) as told:
        reach(make(FILES)).resolve(rev)
    assert str(told.value).endswith(".")
    assert "\n" not in str(told.value)


def test_a_branch_that_is_not_there_is_named(make: Make, reach: Callable[[Made], Repository]) -> None:
    made = make(FILES)
    made.git("branch", "--move", "main", "trunk")
    with pytest.raises(SourceError, match=r"no branch main"):
        reach(made).poll(NOW)


def test_a_repository_without_a_commit_has_no_branch(make: Make, reach: Callable[[Made], Repository]) -> None:
    with pytest.raises(SourceError, match=r"no branch main"):
        reach(make()).poll(NOW)


def test_a_folder_without_policies_is_an_error_and_never_an_empty_set(make: Make, tmp_path: Path) -> None:
    made = make({"README.yaml": "x\n", "docs/logo.png": b"\xff", "policies": "a file\n"})
    for path, words in {"nowhere": "no folder nowhere", "docs": "no policy file", "policies": "is a file"}.items():
        with pytest.raises(SourceError, match=words):
            Repository(str(made.folder), "main", path, tmp_path).poll(NOW)


@pytest.mark.parametrize("path", [".", "", "./"])
def test_policies_may_lie_at_the_root(make: Make, tmp_path: Path, path: str) -> None:
    made = make({"a.yaml": "x\n", "deep/b.yaml": "y\n", ".github/workflows/c.yaml": "z\n", ".yamllint.yaml": "z\n"})
    assert Repository(str(made.folder), "main", path, tmp_path).poll(NOW).files == {"a.yaml": "x\n", "deep/b.yaml": "y\n"}


@pytest.mark.parametrize("path", ["../policies", "/etc", "policies/../..", "policies/.git"])
def test_a_path_that_leads_out_of_the_repository_is_refused(make: Make, tmp_path: Path, path: str) -> None:
    with pytest.raises(SourceError, match="leads out"):
        Repository(str(make(FILES).folder), "main", path, tmp_path)


def test_a_folder_of_strange_but_honest_names_is_read(make: Make, tmp_path: Path) -> None:
    files = {"po: l*[i]c/ü ber.yaml": "x\n", "po: l*[i]c/-o.yaml": "y\n"}
    made = make({**files, "other/c.yaml": "z\n"}, name="re[po]s it*ry")
    for url in (str(made.folder), made.folder.as_uri()):
        assert Repository(url, "main", "po: l*[i]c", tmp_path / "cache").poll(NOW).files == files


def test_a_subfolder_a_bare_repository_and_a_work_tree_are_found(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    bare = tmp_path / "bare.git"
    made.git("clone", "--quiet", "--bare", ".", str(bare))
    tree = tmp_path / "tree"
    made.git("worktree", "add", "--quiet", "--detach", str(tree))
    for place in (made.folder / "policies" / "deep", bare, tree):
        assert Repository(str(place), "main", "policies", tmp_path / "cache").poll(NOW).files == FILES


def test_a_relative_folder_is_meant_from_here(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make(FILES).folder)
    assert Repository(".", "main", "policies", tmp_path / "cache").poll(NOW).files == FILES


def test_a_checkout_of_a_pull_request_knows_main_as_origins(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    clone = tmp_path / "clone"
    made.git("clone", "--quiet", ".", str(clone))
    there = type(made)(clone)
    there.git("checkout", "--quiet", "--detach")
    there.git("branch", "--quiet", "-D", "main")
    repository = Repository(str(clone), "main", "policies", tmp_path / "cache")
    assert repository.resolve("main") == repository.resolve("HEAD") == made.git("rev-parse", "main")


def test_a_shallow_clone_says_what_it_lacks(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    made.commit({"policies/a.yaml": "kind: Team # more\n"})
    made.git("clone", "--quiet", "--depth=1", made.folder.as_uri(), str(tmp_path / "shallow"))
    with pytest.raises(SourceError, match="shallow"):
        Repository(str(tmp_path / "shallow"), "main", "policies", tmp_path / "cache").resolve("HEAD~1")


def test_a_folder_that_is_no_repository_is_one_sentence(tmp_path: Path) -> None:
    for place, words in {tmp_path: r"is not inside a git repository\.$", tmp_path / "nowhere": r"no such folder\.$"}.items():
        with pytest.raises(SourceError, match=words):
            Repository(str(place), "main", "policies", tmp_path / "cache")


def test_a_folder_that_is_not_there_is_not_looked_for_in_the_repository_around_it(make: Make, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no such folder\.$"):
        Repository(str(make(FILES).folder / "mistyped"), "main", "policies", tmp_path / "cache")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_repository_of_another_user_is_read(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    for path in [made.folder, *made.folder.rglob("*")]:
        os.chown(path, 12345, 12345)
    for url in (str(made.folder), made.folder.as_uri()):
        assert Repository(url, "main", "policies", tmp_path / "cache").poll(NOW).files == FILES


def test_replaced_objects_are_not_believed(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    made.git("replace", made.git("rev-parse", "main:policies/a.yaml"), made.blob(b"kind: Exemption\n"))
    assert Repository(str(made.folder), "main", "policies", tmp_path).poll(NOW).files == FILES
