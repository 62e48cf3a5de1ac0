"""`sexton import custodian` as a process: documents, what was left behind, exit codes, nothing overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

WHOLE = """
policies:
  - name: ebs-unattached
    resource: ebs
    filters: [{State: available}]
    actions: [snapshot, delete]
"""
PART = WHOLE.replace("[{State: available}]", "[{State: available}, {type: modifyable}]")


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "c7n.yml"
    path.write_text(WHOLE)
    return path


def test_what_is_carried_over_whole_is_printed(sexton: Any, file: Path) -> None:
    said = sexton("import", "custodian", "c7n.yml", "--owner", "storage")
    assert said.code == 0
    assert said.out.startswith("# ebs-unattached.yaml\n# from c7n.yml policy ebs-unattached\napiVersion: sexton/v1\n")
    assert "owner: storage" in said.out
    assert said.err.endswith("1 policy, 1 document, 0 of them disabled, 0 parts left behind.\n")


def test_what_is_not_is_listed_with_its_place(sexton: Any, file: Path) -> None:
    file.write_text(PART)
    said = sexton("import", "custodian", "c7n.yml", "--out", "here/there")
    assert said.code == 1
    why = "Sexton knows nothing of the kind about aws.ebs_volume"
    assert f"left behind: c7n.yml:5: ebs-unattached: filter modifyable: {why}" in said.out
    assert said.out.endswith("1 policy, 1 document in here/there, 1 of them disabled, 1 part left behind.\n")
    assert "mode: observe" in Path("here/there/ebs-unattached.yaml").read_text()
    assert sexton("validate", "here/there").code == 0


def test_nothing_is_overwritten(sexton: Any, file: Path) -> None:
    assert sexton("import", "custodian", "c7n.yml", "--out", "out").code == 0
    Path("out/ebs-unattached.yaml").write_text("mine")
    said = sexton("import", "custodian", "c7n.yml", "--out", "out")
    assert (said.code, "There is already a file out/ebs-unattached.yaml" in said.err) == (2, True)
    assert Path("out/ebs-unattached.yaml").read_text() == "mine"


def test_json(sexton: Any, file: Path) -> None:
    file.write_text(PART)
    said = sexton("import", "custodian", "c7n.yml", "--json")
    shape = json.loads(said.out)
    assert (said.code, shape["schema"], shape["ok"], shape["policies"]) == (1, "sexton/import@1", False, 1)
    assert (shape["left"][0]["line"], shape["left"][0]["what"]) == (5, "filter modifyable")
    assert (shape["documents"][0]["name"], shape["documents"][0]["disabled"]) == ("ebs-unattached", True)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.yml", None, "There is no file gone.yml."),
        ("latin.yml", b"policies: []  # \xe9", "latin.yml is not UTF-8 text."),
        ("ours.yml", b"apiVersion: sexton/v1", "ours.yml is no file of Cloud Custodian's: it has no `policies`."),
        ("broken.yml", b"policies: [", "broken.yml:2: this is not YAML"),
        ("large.yml", b"#" * 300_000, "large.yml is larger than 256 KB; split it into several files."),
        (".", None, ". is a folder; name the files in it."),
    ],
)
def test_unreadable_files(sexton: Any, home: Path, name: str, content: bytes | None, says: str) -> None:
    if content is not None:
        (home / name).write_bytes(content)
    said = sexton("import", "custodian", name, "--out", "out")
    assert (said.code, said.out) == (3, "")
    assert says in said.err
    assert not (home / "out").exists()


@pytest.mark.parametrize("words", [("--owner", "No Team"), ("--outt", "x"), ()])
def test_misuse(sexton: Any, file: Path, words: tuple[str, ...]) -> None:
    assert sexton("import", "custodian", *(("c7n.yml", *words) if words else ())).code == 2


def test_the_group_lists_its_programs(sexton: Any) -> None:
    said = sexton("import", "--help")
    assert (said.code, "custodian" in said.out) == (0, True)
    assert "import" in sexton("--help").out
