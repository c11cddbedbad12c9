"""seqsweep finds the best recurrent network for a sequence, and proves it."""


def __getattr__(name: str) -> str:
    """`__version__`, looked up when asked for: reading the metadata takes time that every worker would pay."""
    if name == "__version__":
        from importlib.metadata import version

        return version("seqsweep")
    raise AttributeError(f"module 'seqsweep' has no attribute {name!r}")
