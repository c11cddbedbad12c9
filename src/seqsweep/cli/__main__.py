"""`python -m seqsweep.cli`."""

from seqsweep.cli import main

if __name__ == "__main__":
    main()
