"""Doing what a plan lists: once, after looking again, settling by reading what is not known. Only this room calls acts.

    claim -> look again -> still true? -> backup -> intent (one transaction, every database guard) -> one call -> read the outcome

A call that the cloud may have received is never sent again: a stop or delete whose outcome is unknown waits in `stopping`
or `deleting` until it has been read. Backups and restores destroy nothing and find what they made before: they may be sent again.
"""

from __future__ import annotations

from reapers.execute.executor import Executor
from reapers.execute.report import Report, Result

__all__ = ["Executor", "Report", "Result"]
