"""One command, measured by a process so small that it does not count itself: Linux hands the peak of a parent down to its child.

`python -m benchmarks.alone RESULT COMMAND...` writes to the file RESULT, as JSON: seconds by the clock and of CPU, peak in MB.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main(result: str, *words: str) -> None:
    """Run it, pass on what it says, and end as it ends."""
    begun = time.perf_counter()
    with subprocess.Popen(words) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    found = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}
    Path(result).write_text(json.dumps(found))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
