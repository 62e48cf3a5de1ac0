"""Cloud Custodian's policies in, our documents out. Nothing is dropped in silence: what cannot be said disables its policy."""

from engine.custodian.parts import Left, Note, Policy, Translation, Written
from engine.custodian.translate import translate
from engine.custodian.tree import Unreadable

__all__ = ["Left", "Note", "Policy", "Translation", "Unreadable", "Written", "translate"]
