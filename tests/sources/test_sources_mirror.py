"""The copy of a remote repository: what a crash, a rewritten origin or another poller does to it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


def test_a_mirror_outlives_its_origin_being_rewritten_and_collected(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    repository = Repository(made.folder.as_uri(), "main", "policies", tmp_path / "cache")
    made.commit({"policies/a.yaml": "kind: Team # gone soon\n"})
    good = repository.poll(NOW).sha
    made.git("reset", "--quiet", "--hard", "HEAD~1")
    made.git("reflog", "expire", "--expire=now", "--all")
    made.git("gc", "--quiet", "--prune=now")
    assert repository.poll(NOW, good).moved is Moved.REWOUND
    assert repository.files_at(good)["policies/a.yaml"] == "kind: Team # gone soon\n"


def test_what_a_crash_leaves_in_a_mirror_stops_nobody(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    repository = Repository(made.folder.as_uri(), "main", "policies", tmp_path / "cache")
    repository.poll(NOW)
    mirror = next((tmp_path / "cache").glob("*.git"))
    (mirror / "refs" / "heads" / "main.lock").write_text("")
    (mirror / "objects" / "pack" / "tmp_pack_x").write_text("half")
    second = made.commit({"policies/a.yaml": "kind: Team # two\n"})
    assert repository.poll(NOW).sha == second
    assert not (mirror / "objects" / "pack" / "tmp_pack_x").exists()


@pytest.mark.parametrize("harm", ["empty", "garbage", "no objects", "no head"])
def test_a_damaged_mirror_is_made_anew(make: Make, tmp_path: Path, harm: str) -> None:
    made = make(FILES)
    repository = Repository(made.folder.as_uri(), "main", "policies", tmp_path / "cache")
    repository.poll(NOW)
    mirror = next((tmp_path / "cache").glob("*.git"))
    _damage(mirror, harm)
    with contextlib.suppress(SourceError):  # it may say that the copy was thrown away
        repository.poll(NOW)
    assert repository.poll(NOW).files == FILES


def _damage(mirror: Path, harm: str) -> None:
    if harm == "no head":
        (mirror / "HEAD").unlink()
    elif harm == "no objects":
        shutil.rmtree(mirror / "objects")
    else:
        for file in (mirror / "objects").rglob("*"):
            if file.is_file():
                file.chmod(0o600)
                file.write_bytes(b"" if harm == "empty" else b"garbage" * 9)


def test_two_pollers_share_a_mirror(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    repositories = [Repository(made.folder.as_uri(), "main", "policies", tmp_path / "cache") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        heads = list(pool.map(lambda repository: repository.poll(NOW), repositories))
    assert [head.files for head in heads] == [FILES] * 6


def test_a_cache_that_cannot_be_written_is_one_sentence(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match=r"No copy of .* can be kept in .*file"):
        Repository(make(FILES).folder.as_uri(), "main", "policies", tmp_path / "file" / "cache").poll(NOW)


def test_a_branch_that_became_a_folder_of_branches_is_fetched(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    repository = Repository(made.folder.as_uri(), "main", "policies", tmp_path / "cache")
    made.git("branch", "topic")
    sha = repository.resolve("topic")
    made.git("branch", "--quiet", "-D", "topic")
    made.git("branch", "topic/one")
    assert repository.resolve("topic/one") == sha
