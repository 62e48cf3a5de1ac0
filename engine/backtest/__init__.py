"""What policies would have taken over the days of the history, and how much of it was wanted afterwards. Pure: days come in."""

from engine.backtest.evidence import Regret, Sign
from engine.backtest.fold import Fold, Outcome, PolicyHistory, Taken
from engine.backtest.look import Look, Memory, Seen
from engine.backtest.reach import at_full_reach
from engine.backtest.span import Span
from engine.backtest.tally import Figures, OfPolicy, Played, compared, examples, figures

__all__ = [
    "Figures",
    "Fold",
    "Look",
    "Memory",
    "OfPolicy",
    "Outcome",
    "Played",
    "PolicyHistory",
    "Regret",
    "Seen",
    "Sign",
    "Span",
    "Taken",
    "at_full_reach",
    "compared",
    "examples",
    "figures",
]
