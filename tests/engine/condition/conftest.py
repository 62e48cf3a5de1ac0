"""A field table that has every type, optional and required."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from engine.condition import COMMON, Condition, ConditionError, ConditionProblem, compile_condition
from engine.model import Field

Compile = Callable[..., Condition]
Refuse = Callable[..., Sequence[ConditionProblem]]


@pytest.fixture(scope="session")
def table() -> Mapping[str, Field]:
    """The common fields and some of a kind's own."""
    return {
        **COMMON,
        "state": Field(type="string", doc="", enum=("creating", "available", "in-use", "deleting")),
        "size_gb": Field(type="int", doc=""),
        "iops": Field(type="int", optional=True, doc=""),
        "cpu": Field(type="double", optional=True, doc=""),
        "encrypted": Field(type="bool", doc=""),
        "public": Field(type="bool", optional=True, doc=""),
        "type": Field(type="string", optional=True, doc=""),
    }


@pytest.fixture(scope="session")
def condition(table: Mapping[str, Field]) -> Compile:
    """Compile lines over the table."""
    return lambda *lines: compile_condition(lines, [table])


@pytest.fixture(scope="session")
def refused(table: Mapping[str, Field]) -> Refuse:
    """The problems of lines that must not compile."""

    def problems(*lines: str) -> Sequence[ConditionProblem]:
        with pytest.raises(ConditionError) as caught:
            compile_condition(lines, [table])
        return caught.value.problems

    return problems
