"""`make prove`."""

from __future__ import annotations

from simulation.prove import main

if __name__ == "__main__":
    raise SystemExit(main())
