"""`python -m seqsweep`, and the command: signals are heeded before anything else is imported."""

from __future__ import annotations

from seqsweep.interrupts import heed


def run() -> None:
    """Run the command that the arguments name."""
    heed()
    from seqsweep.cli import main

    main()


if __name__ == "__main__":
    run()
