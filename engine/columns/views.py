"""All resources under a commit: the field of every name that a condition may use. engine/view.py says the same of one."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np

from engine.columns.accounts import AccountRows, account_rows
from engine.columns.column import Cell, Coded, Column, Numbers, joined
from engine.columns.inventory import KEY, Columns
from engine.columns.lifetimes import Lifetimes, Subjects, lifetimes
from engine.columns.managers import managers
from engine.columns.owners import Owners, owners
from engine.condition.tree import Ref
from engine.model import Unknown
from engine.policy import PolicySet
from engine.view import Context


class Views:
    """The columns of an inventory with everything that a commit adds. Each is made once, when a test first asks for it."""

    def __init__(self, columns: Columns, context: Context) -> None:
        known = context.policies.kinds
        facts = {kind: known[kind].main_fact if kind in known else "" for kind in columns.main_facts}
        if facts != columns.main_facts:
            raise ValueError("these columns were made for other kinds: make them anew")
        self.columns = columns
        self.context = context
        self._found: dict[str, Column | None] = {}

    def serves(self, context: Context) -> bool:
        """Whether another commit derives the same: only its Reap policies and exemptions may differ."""
        return _deriving(context) == _deriving(self.context)

    def under(self, policies: PolicySet) -> Views:
        """The same columns for a set that differs only in its Reap policies: nothing is made anew."""
        other = copy(self)
        other.context = replace(self.context, policies=policies)
        return other

    @cached_property
    def accounts(self) -> AccountRows:
        """The Organization's row of each resource's account."""
        return account_rows(self.columns, self.context)

    @cached_property
    def owners(self) -> Owners:
        """Who owns each resource."""
        return owners(self.columns, self.context.policies, self.accounts)

    @cached_property
    def lifetimes(self) -> Lifetimes:
        """How long each may live."""
        subjects = Subjects(environment=self.accounts.environments, team=self.owners.team)
        return lifetimes(self.columns, self.context.policies, subjects)

    def column(self, ref: Ref) -> Column | None:
        """The column of a field or tag; None where it is absent everywhere."""
        if ref.key is not None:
            return self.columns.tag(ref.key)
        if ref.name not in self._found:
            self._found[ref.name] = self._made(ref.name)
        return self._found[ref.name]

    def _made(self, name: str) -> Column | None:
        if name in KEY:
            return self.columns.coded(name)
        derived, raw = self._derived(name), self.columns.field(name)
        if derived is None or raw is None:
            return derived or raw
        return _overlaid(derived, raw)

    def _derived(self, name: str) -> Column | None:
        match name:
            case "environment":
                return self.accounts.environments
            case "team" | "owner":
                found: Coded = getattr(self.owners, name)
                return found
            case "owner_source":
                return self.owners.source
            case "ttl_days_left":
                return self.lifetimes.days_left
            case "ttl_source":
                return self.lifetimes.source
            case "ttl_invalid":
                return self.lifetimes.invalid
            case "managed_by":
                return managers(self.columns)
            case "age_days" | "idle_days" | "monthly_dollars":
                return self.columns.column(name)
            case _:
                return None


def _deriving(context: Context) -> Context:
    """What derived fields depend on."""
    policies = replace(context.policies, reaps={}, exemptions=(), sizings=(), budgets=(), shared_costs=(), tests=(), commit="")
    return replace(context, policies=policies)


def _overlaid(derived: Column, raw: Column) -> Column:
    """The raw field shows where nothing is derived."""
    if isinstance(derived, Coded) and isinstance(raw, Coded):
        return joined([derived, raw], lambda one, other: other if one is None else one)
    one, other = _numbers(derived), _numbers(raw)
    if one.whole:
        return one
    nothing = np.isnan(one.values)
    hidden = np.zeros(len(nothing), np.bool_) if one.unknown is None else one.unknown
    shown = nothing & ~hidden
    unknown = hidden if other.unknown is None else hidden | (shown & other.unknown)
    return Numbers(np.where(shown, other.values, one.values), unknown if unknown.any() else None)


def _numbers(column: Column) -> Numbers:
    """Codes as numbers; a text among them, which only another kind can have, is unknown."""
    if isinstance(column, Numbers):
        return column
    values = np.array([np.nan if _is_none(cell) else cell for cell in column.cells], np.float64)
    hidden = np.array([isinstance(cell, Unknown | str) for cell in column.cells], np.bool_)
    return Numbers(values[column.codes], hidden[column.codes])


def _is_none(cell: Cell) -> bool:
    return cell is None or isinstance(cell, Unknown | str)
