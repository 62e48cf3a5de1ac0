"""Durations as people write them: 12h, 3d, 2w, 1bd. `str(Duration)` writes them back."""

from __future__ import annotations

import re

from engine.policy import Duration

WRITTEN = re.compile(r"([0-9]{1,5})(h|d|w|bd)\Z")
HOURS = {"h": 1, "d": 24, "w": 7 * 24}


def parse_duration(text: str) -> Duration:
    """A duration from its text; `d` is 24 hours, `bd` a working day. ValueError where it is none."""
    match = WRITTEN.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration; write 12h, 3d, 2w or 1bd")
    count, unit = int(match[1]), match[2]
    return Duration(working_days=count) if unit == "bd" else Duration(hours=count * HOURS[unit])
