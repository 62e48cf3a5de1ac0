"""Holds: reasons to let one policy rest in one account until somebody of platform has looked. What opens one is decided here.

    surge    it found far more than usual        drop     far fewer of a kind were there than before
    widened  it is new, or matches more (72 h)   regrets  too much of what it did was wanted back

While one stands, nothing begins there and nobody new is told. reapers/holding.py asks after every judged inventory.
"""
