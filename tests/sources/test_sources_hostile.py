"""Trees, names, addresses and settings made to hurt: each is refused with one sentence, and nothing of theirs runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reapers.sources import texts
from reapers.sources.errors import SourceError
from reapers.sources.git import Repository

if TYPE_CHECKING:
    from tests.sources.conftest import Made

    Make = Callable[..., Made]

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FILES = {"policies/a.yaml": "kind: Team\n"}


@pytest.fixture(params=["local", "file"])
def poll(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Made], str]:
    """Polls a repository by its folder or by file:// and returns the sentence of its refusal."""

    def refused(made: Made) -> str:
        url = str(made.folder) if request.param == "local" else made.folder.as_uri()
        with pytest.raises(SourceError) as told:
            Repository(url, "main", "policies", tmp_path / "cache").poll(NOW)
        assert "\n" not in str(told.value)
        assert str(told.value).endswith(".")
        return str(told.value)

    return refused


def _crafted(made: Made, *entries: tuple[str, str, str]) -> None:
    """A commit whose folder policies is a tree of raw entries."""
    made.commit_tree(made.raw_tree(("40000", "policies", made.raw_tree(*entries))))


def test_a_symbolic_link_is_no_policy(make: Make, poll: Callable[[Made], str]) -> None:
    made = make(FILES)
    (made.folder / "policies" / "link.yaml").symlink_to("/etc/passwd")
    made.commit()
    assert "policies/link.yaml" in poll(made)
    assert "is a symbolic link" in poll(made)


def test_the_policies_folder_may_not_be_a_link(make: Make, poll: Callable[[Made], str]) -> None:
    made = make({"real/a.yaml": "x\n"})
    (made.folder / "policies").symlink_to("real")
    made.commit()
    assert "name the folder" in poll(made)


def test_a_submodule_is_no_policy(make: Make, poll: Callable[[Made], str]) -> None:
    made = make(FILES)
    made.git("update-index", "--add", "--cacheinfo", f"160000,{made.git('rev-parse', 'HEAD')},policies/sub")
    made.git("commit", "--quiet", "-m", "submodule")
    assert "policies/sub" in poll(made)
    assert "is a submodule" in poll(made)


@pytest.mark.parametrize("name", ["..", "../../x.yaml", "/etc/x.yaml", "a//b.yaml", ".git", ".GIT", "../.hidden/x.yaml"])
def test_a_path_that_leads_elsewhere_is_refused(make: Make, poll: Callable[[Made], str], name: str) -> None:
    made = make(FILES)
    _crafted(made, ("100644", name, made.blob()))
    assert "leads out" in poll(made) or "git's own checks refuse" in poll(made)


@pytest.mark.parametrize("name", ["a\u202elmay.yaml", "a\u200b.yaml", "a\nb.yaml", "a\\b.yaml"])
def test_a_name_that_reads_as_another_is_refused(make: Make, poll: Callable[[Made], str], name: str) -> None:
    made = make(FILES)
    _crafted(made, ("100644", name, made.blob()))
    assert "invisible characters or a backslash" in poll(made)


def test_a_name_that_is_not_text_is_refused(make: Make, poll: Callable[[Made], str]) -> None:
    made = make(FILES)
    tree = made.git("mktree", given=b"100644 blob " + made.blob().encode() + b"\tcaf\xe9.yaml\n")
    made.commit_tree(made.raw_tree(("40000", "policies", tree)))
    assert "invisible characters" in poll(made)


@pytest.mark.parametrize(("one", "other"), [("Team.yaml", "team.yaml"), ("é.yaml", "e\u0301.yaml"), ("a.yaml", "ａ.yaml")])
def test_names_that_only_a_machine_tells_apart_are_refused(make: Make, poll: Callable[[Made], str], one: str, other: str) -> None:
    made = make(FILES)
    _crafted(made, *(("100644", name, made.blob()) for name in sorted([one, other], key=str.encode)))
    assert "differ by name only to a machine" in poll(made)


def test_the_same_name_twice_is_refused(make: Make, poll: Callable[[Made], str]) -> None:
    made = make(FILES)
    _crafted(made, ("100644", "a.yaml", made.blob(b"one")), ("100644", "a.yaml", made.blob(b"two")))
    assert "differ by name" in poll(made) or "git's own checks refuse" in poll(made)


def test_what_is_not_utf8_is_refused_with_its_line(make: Make, poll: Callable[[Made], str]) -> None:
    assert "policies/a.yaml" in poll(make({"policies/a.yaml": b"one\ntwo caf\xe9\n"}))
    assert "is not UTF-8 text: line 2" in poll(make({"policies/a.yaml": b"one\ntwo caf\xe9\n"}))


def test_sizes_and_numbers_are_limited(make: Make, poll: Callable[[Made], str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has 262,145 bytes; a policy file may have 262,144" in poll(make({"policies/a.yaml": b"#" * (256 * 1024 + 1)}))
    monkeypatch.setattr(texts, "FILES", 3)
    assert "more than 3 policy files" in poll(make({f"policies/{number}.yaml": "x\n" for number in range(4)}))
    monkeypatch.setattr(texts, "ALL_BYTES", 1)
    assert "MB together" in poll(make({"policies/a.yaml": "xx\n"}))


def test_the_limits_are_the_contracts() -> None:
    assert (texts.FILE_BYTES, texts.FILES, texts.ALL_BYTES) == (256 * 1024, 5000, 20 * 1024 * 1024)


def test_exactly_the_limit_is_read(make: Make, tmp_path: Path) -> None:
    made = make({"policies/a.yaml": b"#" * (256 * 1024), "policies/empty.yaml": ""})
    files = Repository(str(made.folder), "main", "policies", tmp_path / "cache").poll(NOW).files
    assert {path: len(text) for path, text in files.items()} == {"policies/a.yaml": 256 * 1024, "policies/empty.yaml": 0}


def test_a_tree_that_holds_itself_a_thousandfold_is_cut_off(make: Make, tmp_path: Path) -> None:
    made = make(FILES)
    oid, mode, suffix = made.blob(), "100644", ".yaml"
    for _ in range(10):  # ten to the power of ten files
        oid = made.raw_tree(*((mode, f"{number}{suffix}", oid) for number in range(10)))
        mode, suffix = "40000", ""
    made.commit_tree(made.raw_tree(("40000", "policies", oid)))
    with pytest.raises(SourceError, match=r"git ls-tree (answered with more than|took longer)"):
        Repository(str(made.folder), "main", "policies", tmp_path / "cache").poll(NOW)


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch {marker}",
        "-u{marker}",
        "ext::sh -c touch% {marker}",
        "ext::sh -c 'touch {marker}'",
        "fd::17",
        "ssh://-oProxyCommand=touch%20{marker}/x",
        "ssh://git@-oProxyCommand=touch${{IFS}}{marker}/x",
        "-oProxyCommand=touch {marker}:x",
        "git@-oProxyCommand=touch {marker}:x",
        "-oProxyCommand=x@host.test:x",
        "host.test:-x",
        "ssh://host.test/-x",
        "https://host.test/x\n--upload-pack=touch {marker}",
        "git://host.test/x",
        "ftp://host.test/x",
        "http://host.test/x",
        "file://host.test/x",
        "https:///x",
        "https://host.test:port/x",
        "https://[::1/x",
        "https://host.test/x?y",
        "ssh://u:hunter2-canary@host.test/x",
        "",
    ],
)
def test_an_address_that_would_run_something_is_refused(tmp_path: Path, url: str) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(SourceError) as told:
        Repository(url.format(marker=marker), "main", "policies", tmp_path / "cache").poll(NOW)
    assert "\n" not in str(told.value)
    assert "canary" not in str(told.value)
    assert not marker.exists()


@pytest.mark.parametrize(
    "branch", ["--upload-pack=touch {marker}", "-x", "a..b", "a b", "main:main", "ma*n", "main~1", "a@{{1}}", "x.lock", ""]
)
def test_a_branch_that_is_an_option_or_a_pattern_is_refused(make: Make, tmp_path: Path, branch: str) -> None:
    made, marker = make(FILES), tmp_path / "marker"
    with pytest.raises(SourceError, match=r"is not the name of a branch\.$"):
        Repository(made.folder.as_uri(), branch.format(marker=marker), "policies", tmp_path / "cache").poll(NOW)
    assert not marker.exists()
