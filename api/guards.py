"""What a forge must demand before it merges policies, and what it means where it does not (safety.md, section 1)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Unknown
from engine.wording import listed
from reapers.sources.forge import Protection

GUARDS: Mapping[str, str] = {
    "dismisses_stale": "dismiss_stale_reviews (else something else can be pushed after the approval)",
    "asks_another": "require_last_push_approval (else whoever pushed last can approve it)",
    "asks_owners": "require_code_owner_reviews (else CODEOWNERS of guard settings are not asked)",
}
"""Protection's field -> GitHub's own word for it, and why it matters."""


def missing(protection: Protection, where: str) -> tuple[bool | None, str]:
    """Whether every guard is there, and a sentence; what we were not told is neither there nor missing."""
    found = {name: getattr(protection, name) for name in GUARDS}
    lacking = [GUARDS[name] for name, answer in found.items() if answer is False]
    unknown = [name for name, answer in found.items() if isinstance(answer, Unknown)]
    if lacking:
        more = f"; {len(unknown)} more could not be read" if unknown else ""
        return False, f"{where} lacks {listed(lacking)}{more}"
    if unknown:
        why = next(answer.why for answer in found.values() if isinstance(answer, Unknown))
        return False, f"{where}: {len(unknown)} of {len(GUARDS)} guards could not be read, {why}"
    return True, f"{where} demands fresh reviews, by somebody else, of the code owners"
