"""A packaged model in a process that has no seqsweep."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def printed(folder: Path, expression: str) -> list[str]:
    """The lines that `print` makes of an expression in which `model` is the packaged model.

    Args:
        folder: of the packaged model.
        expression: of Python; `pd` is pandas.
    """
    code = (
        "import sys, mlflow, pandas as pd\n"
        "sys.modules['seqsweep'] = None\n"
        f"model = mlflow.pyfunc.load_model({str(folder)!r})\n"
        f"print({expression})\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()
