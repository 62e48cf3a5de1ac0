"""`sexton demo`: the whole story on this machine. Found through the entry point group `sexton.demo`."""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from demo.clock import StoryClock, last_monday
from reapers.clock import SystemClock

if TYPE_CHECKING:
    from demo.stage import Stage
    from demo.story import Teller

STORY_SPEED = 600.0
"""While a person plays, ten minutes of the story pass in a second."""


def main(arguments: Sequence[str] = ()) -> int:
    """Play it; 0 when everything at the end is as the policies say."""
    parser = argparse.ArgumentParser(
        prog="sexton demo", description="Try Sexton in a small world on this machine.", allow_abbrev=False
    )
    parser.add_argument("--headless", action="store_true", help="play to the end without a person, check the clouds, exit")
    parser.add_argument("--port", type=int, default=8080, help="where Sexton's API listens (8080; 0: a free port)")
    parser.add_argument("--slack-port", type=int, default=8090, help="where the Slack stand-in listens (8090; 0: a free port)")
    chosen = parser.parse_args(list(arguments))
    logging.getLogger().setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="sexton-demo-") as folder:
        if chosen.headless:
            return headless(Path(folder))
        return played(Path(folder), chosen.port, chosen.slack_port)


def headless(folder: Path) -> int:
    """The story with everybody played, and the clouds checked at its end."""
    from demo.cast import Cast
    from demo.check import check
    from demo.stage import stage
    from demo.story import Teller

    clock = StoryClock(last_monday(SystemClock().now()))
    with stage(folder, clock) as running:
        teller = Teller(running, Cast(running), print)
        deny_tags(running)
        teller.opening()
        teller.play(teller.over)
        claims = check(running)
    print()
    for claim in claims:
        print(("ok    " if claim.holds else "FAIL  ") + claim.text)
    return 0 if all(claim.holds for claim in claims) else 1


def played(folder: Path, port: int, slack_port: int) -> int:
    """The story up to the first approvals; then the buttons are the person's."""
    from demo.cast import Cast
    from demo.stage import stage
    from demo.story import Teller

    clock = StoryClock(last_monday(SystemClock().now()))
    with stage(folder, clock, port, slack_port) as running:
        teller = Teller(running, Cast(running, approves=False), print)
        deny_tags(running)
        teller.opening()
        teller.play(teller.waiting)
        print(f"\nNow it is yours. Slack: {running.slack.url}  Sexton: {running.url}  (Ctrl-C ends it)")
        print(
            "Choose who you are, press Approve, Keep or Snooze, and watch this window. Ten minutes pass in a second;\n"
            "while nobody is asked for anything, the clock jumps ahead.\n"
        )
        clock.at_speed(STORY_SPEED)
        return wait(teller)


def wait(teller: Teller) -> int:
    """Rounds until the person ends it; the clock jumps ahead whenever nobody is asked for anything."""
    try:
        while True:
            teller.round()
            if teller.waiting():
                teller.stage.service.pause(1.0)
            else:
                teller.stage.clock.jump(teller.stage.service.next_moment())
    except KeyboardInterrupt:
        print("\nThe end. Nothing is left on this machine.")
        return 0


def deny_tags(running: Stage) -> None:
    """One bucket's tags cannot be read, as it happens: whether it is owned or protected stays unknown."""
    from demo.estate.aws import DENIED

    running.aws.fail("AccessDenied", service="s3", action="GetBucketTagging", resource=DENIED, status=403)
