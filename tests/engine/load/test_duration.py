"""Durations as people write them, there and back."""

from __future__ import annotations

import pytest

from engine.duration import parse_duration
from engine.policy import Duration


@pytest.mark.parametrize(
    ("text", "duration", "printed"),
    [
        ("0d", Duration(), "0d"),
        ("12h", Duration(hours=12), "12h"),
        ("48h", Duration(hours=48), "2d"),
        ("3d", Duration(hours=72), "3d"),
        ("2w", Duration(hours=14 * 24), "14d"),
        ("1bd", Duration(working_days=1), "1bd"),
        ("99999d", Duration(hours=99999 * 24), "99999d"),
    ],
)
def test_reads_and_prints(text: str, duration: Duration, printed: str) -> None:
    assert parse_duration(text) == duration
    assert str(duration) == printed
    assert parse_duration(printed) == duration


@pytest.mark.parametrize("text", ["", "3", "d", "3 d", "-3d", "3.5d", "3D", "3d\n", "3dd", "100000d", "٣d", "3m"])
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration; write 12h, 3d, 2w or 1bd"):
        parse_duration(text)
