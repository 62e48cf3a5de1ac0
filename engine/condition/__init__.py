"""The condition language: a strict subset of CEL, checked against field tables, judged with known, absent and unknown values."""

from engine.condition.common import COMMON, table_of, tables_of, wildcard_table
from engine.condition.compile import compile_condition
from engine.condition.condition import Condition, Judgement, Test
from engine.condition.leaf import Row
from engine.condition.problem import ConditionError, ConditionProblem

__all__ = [
    "COMMON",
    "Condition",
    "ConditionError",
    "ConditionProblem",
    "Judgement",
    "Row",
    "Test",
    "compile_condition",
    "table_of",
    "tables_of",
    "wildcard_table",
]
