"""`sexton demo` as a person plays it: the page in a real browser, a button pressed, and what comes of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 120
"""Seconds for a line to come: the story up to the first approvals takes some fifteen here."""


class Lines:
    """What the demo prints, as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: Queue[str] = Queue()
        self.seen: list[str] = []
        self.reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self.reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.put(line)

    def until(self, wanted: str) -> str:
        """The next line that holds a text."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except Empty:
                pytest.fail(f"{wanted!r} did not come; this did:\n{''.join(self.seen)}")
            self.seen.append(line)
            if wanted in line:
                return line


@pytest.fixture
def demo() -> Iterator[Lines]:
    command = [sys.executable, "-u", "-c", "from api.main import main; main()", "demo", "--port", "0", "--slack-port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with process:
        lines = Lines(process)
        yield lines
        process.send_signal(signal.SIGINT)
        lines.reader.join(PATIENCE)


def test_a_person_approves_in_the_browser_and_the_cloud_follows(demo: Lines, program: Callable[..., str]) -> None:
    from playwright.sync_api import sync_playwright

    chromium = program("browser", "chromium")
    slack = demo.until("Now it is yours").split("Slack: ")[1].split()[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(slack)
        page.get_by_role("combobox").select_option(label="Cy · cy@acme.example")
        page.get_by_role("button", name="Switch").click()
        page.get_by_role("link", name="search").click()
        page.get_by_role("button", name="Approve").click()
        page.get_by_role("heading", name="Approve: stop it?").wait_for()
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Noted, cy@acme.example").wait_for(timeout=20_000)
        browser.close()
    demo.until("stopped: 1 × EC2 instance")
