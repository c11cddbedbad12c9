"""What a function comes to that another process asked for."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqsweep.redaction import redacted


@dataclass(frozen=True)
class Answer:
    """What a function returned or raised."""

    returned: Any = None
    raised: Exception | None = None

    def unpacked(self) -> Any:
        """What it returned; raises what it raised."""
        if self.raised is not None:
            raise self.raised
        return self.returned


def answered(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    """What a function comes to, pickled: an Answer."""
    try:
        return pickle.dumps(Answer(function(*arguments)))
    except Exception as error:  # it is raised again where the function was called
        told = redacted("".join(traceback.format_exception(error)))
        try:
            again: Exception = pickle.loads(pickle.dumps(error))
        except Exception:  # whatever a foreign object raises as it is pickled
            again = RuntimeError(f"{type(error).__name__}: {error}")
        again.add_note(told)
        return pickle.dumps(Answer(raised=again))
