"""The text of the condemn tag: what it says, as each cloud spells it. When a case has it is told by engine/condemn.py."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.model import OUR_TAGS

TAG = f"{OUR_TAGS}condemned"
LABEL = TAG.replace(":", "-")
"""The same as GCP spells it."""


def mark(case: str, generation: int) -> str:
    """What the tag says: case and generation, so that it never stands for another approval."""
    return f"{case}:{generation}"


def as_label(text: str) -> str:
    """A mark as a GCP label's value may be written."""
    return text.replace(":", "-")


def carried(tags: Mapping[str, str]) -> str:
    """The mark on a resource, as its cloud spells it; "" where there is none."""
    return tags.get(TAG) or tags.get(LABEL) or ""


def carries(tags: Mapping[str, str], wanted: str) -> bool:
    """Whether tags or labels hold exactly this mark."""
    return carried(tags) in (wanted, as_label(wanted))


def is_of(found: str, case: str) -> bool:
    """Whether a mark, of whichever generation and spelling, is of a case."""
    return re.fullmatch(rf"{re.escape(case)}[:-]\d+", found) is not None


def case_of(found: str) -> str:
    """The case that a mark, in either spelling, is of; "" where it is no mark."""
    said = re.fullmatch(r"(.+)[:-]\d+", found)
    return said[1] if said else ""
