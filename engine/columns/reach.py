"""How far a policy may go with each resource: the ceilings of engine/ladder.py over all resources at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.columns.blocks import bitmaps, mask_of
from engine.columns.column import Coded, Column, Mask, Numbers
from engine.columns.inventory import IDLE, LINKED, LINKING
from engine.columns.managers import managers
from engine.columns.rules import Rules
from engine.columns.verdicts import Rows
from engine.ladder import CLOUD_PROTECTIONS, reach
from engine.model import KindTable, Mode, Unknown, Verb
from engine.policy import Reap

Ranks = NDArray[np.uint8]
"""Modes by their rank, one for each resource."""


class Reach:
    """The ceilings under a commit."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._columns = rules.views.columns
        self._kinds = [rules.policies.kinds.get(str(kind)) for kind in self._columns.kinds.cells]

    def caps(self, policy: Reap) -> Ranks:
        """How far a policy itself goes, by code of the kind."""
        return np.array([min(policy.mode.rank, reach(kind, policy).rank) for kind in self._kinds], np.uint8)

    def ranks(self, policy: Reap, rows: Rows) -> Ranks:
        """How far a policy may go with some resources."""
        return np.minimum(self._ceiling(rows), self.caps(policy)[self._columns.kinds.codes[rows]])

    def _ceiling(self, rows: Rows) -> Ranks:
        """What holds whatever the policy says: the account, another manager, the cloud's own protection, being in use."""
        context, accounts = self._rules.views.context, self._rules.views.accounts
        modes = [min(context.server.rank, row.mode.rank) for row in accounts.rows]
        found: Ranks = np.array(modes, np.uint8)[accounts.codes[rows]]
        only_told = self._managed(rows) | self._guarded(rows) | self._in_use(rows)
        np.minimum(found, Mode.NOTIFY.rank, out=found, where=only_told)
        np.minimum(found, Mode.STOP.rank, out=found, where=self._carriers[rows])
        return found

    def _managed(self, rows: Rows) -> Mask:
        found = managers(self._columns, rows)
        return _where(found, [cell is not None for cell in found.cells])

    def _guarded(self, rows: Rows) -> Mask:
        found = np.zeros(len(rows), np.bool_)
        for name in CLOUD_PROTECTIONS:
            column = self._columns.field(name)
            if column is not None:
                found |= _on(column, rows)
        return found

    def _in_use(self, rows: Rows) -> Mask:
        waiting = [kind is not None and _must_wait(kind) for kind in self._kinds]
        if not any(waiting):
            return np.zeros(len(rows), np.bool_)
        idle = self._columns.column(IDLE)
        assert isinstance(idle, Numbers)
        return np.isnan(idle.values[rows]) & _where(self._columns.kinds.at(rows), waiting)

    @cached_property
    def _carriers(self) -> Mask:
        """What something protected, or of unknown tags, refers to."""
        found = np.zeros(self._columns.rows, np.bool_)
        linking, linked = self._columns.moment(LINKING), self._columns.moment(LINKED)
        if len(linking):
            (free,) = bitmaps(self._rules.graph, [self._rules.not_marked().least], self._columns.rows)
            found[linked[~mask_of(free, self._columns.rows)[linking]]] = True
        return found


def _where(column: Coded, truths: list[bool]) -> Mask:
    found: Mask = np.array(truths, np.bool_).take(column.codes)
    return found


def _on(column: Column, rows: Rows) -> Mask:
    """A protection that is on, or that could not be read."""
    if isinstance(column, Coded):
        return _where(column.at(rows), [cell is True or isinstance(cell, Unknown) for cell in column.cells])
    return np.zeros(len(rows), np.bool_) if column.unknown is None else column.unknown[rows]


def _must_wait(kind: KindTable) -> bool:
    """What cannot be stopped goes only while its negative fact holds."""
    return bool(kind.main_fact) and Verb.STOP not in kind.acts
