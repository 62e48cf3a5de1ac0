"""What people are told when they may not, or not now."""

from __future__ import annotations


class Refused(Exception):
    """A person may not do this, or not now. The text is the sentence they read; nothing was changed."""

    def __init__(self, sentence: str, *, forbidden: bool = False) -> None:
        super().__init__(sentence)
        self.forbidden = forbidden
        """Whether it is about who they are, rather than about how things stand."""
