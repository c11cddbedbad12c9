"""Packaged models in a process that has no seqsweep and reads no pickles: one for all tests of this process."""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
from pathlib import Path

ANSWERS = """
import contextlib, io, json, sys, traceback
import mlflow, pandas as pd
sys.modules["seqsweep"] = None  # importing it fails
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    folder, expression = json.loads(line)
    shown, failed = io.StringIO(), ""
    try:
        model = mlflow.pyfunc.load_model(folder)
        with contextlib.redirect_stdout(shown):
            eval(f"print({expression})")
    except BaseException:
        failed = traceback.format_exc()
    print(json.dumps([shown.getvalue(), failed]), file=answers, flush=True)
"""


def printed(folder: Path, expression: str) -> list[str]:
    """The lines that `print` makes of an expression in which `model` is the packaged model.

    Args:
        folder: of the packaged model.
        expression: of Python; `pd` is pandas.
    """
    process = _process()
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps([str(folder), expression]) + "\n")
    process.stdin.flush()
    shown, failed = json.loads(process.stdout.readline())
    assert not failed, failed
    return str(shown).splitlines()


@functools.cache
def _process() -> subprocess.Popen[str]:
    """It is started once, since it loads MLflow and TensorFlow for seconds, and ends with this process."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANSWERS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
    )

    def end() -> None:
        process.communicate(timeout=60)

    atexit.register(end)
    return process
