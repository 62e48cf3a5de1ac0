"""What is hidden below the root is passed over; where the root itself lies hides nothing, and nothing at all is an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.load import Loaded

REAP = """\
apiVersion: sexton/v1
kind: Reap
metadata: {name: one, owner: platform}
spec: {resource: aws.ebs_volume, when: [size_gb > 1], after: {notify: 0d, delete: 14d}}
"""

Load = Callable[..., Loaded]


@pytest.mark.parametrize("root", ["../policies", "../../x", ".drafts", "/home/ann/.config/sexton", "./policies", ".", ""])
def test_where_the_root_lies_hides_nothing(loading: Load, root: str) -> None:
    prefix = f"{root}/" if root else ""
    loaded = loading({f"{prefix}a.yaml": REAP, f"{prefix}deep/b.yaml": REAP.replace("one", "two")}, alone=True)
    assert loaded.documents == 2
    assert loaded.policies is not None
    assert set(loaded.policies.reaps) == {"one", "two"}


@pytest.mark.parametrize("root", ["../policies/", ".drafts/", ""])
def test_what_is_hidden_below_the_root_is_passed_over(loading: Load, root: str) -> None:
    hidden = {f"{root}.github/workflows/x.yml": "on: push", f"{root}deep/.yamllint.yaml": "yes"}
    loaded = loading({f"{root}a.yaml": REAP, **hidden}, alone=True)
    assert loaded.documents == 1
    assert loaded.policies is not None


@pytest.mark.parametrize("files", [{"owners.map": "* payments\n"}, {"a/.x.yaml": REAP, "b/.y.yaml": REAP}, {"README": "hello"}])
def test_files_without_any_document_are_an_error_and_never_an_empty_set(loading: Load, files: dict[str, str]) -> None:
    loaded = loading(files, alone=True)
    assert loaded.policies is None
    assert [problem.code for problem in loaded.problems] == ["documents"]
    assert "name the folder that holds the policies" in loaded.problems[0].sentence
