"""The inventory as dictionary-coded columns, and all policies over all resources at once. Needs numpy: import it late."""

from engine.columns.inventory import Columns
from engine.columns.verdicts import ColumnVerdicts, Verdict, judge_columns

__all__ = ["ColumnVerdicts", "Columns", "Verdict", "judge_columns"]
