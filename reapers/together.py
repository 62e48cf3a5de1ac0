"""What goes together with a case, as the ledger has it at this moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.case import Case
from engine.compound import Find, companies
from engine.follow import Rests
from engine.standing import Standing


def with_company(standing: Standing, cases: Iterable[Case], find: Find, rests: Rests) -> Standing:
    """How things stand for these cases and those that go with them. `find` is `Ledger.open_case`, or a look-up of all of them."""
    return replace(standing, companies=companies(cases, find, standing.scanned, rests))
