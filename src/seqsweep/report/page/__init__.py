"""One self-contained HTML page a sweep: what won and how sure that is, then everything that shows why.

`material` reads what the sweep left on disk; `board`, `search`, `settings`, `forecasts` and `account` make the
sections, `theme` gives every figure its style, `document` puts all into one file, and `run` has the order.
"""

from seqsweep.report.page.run import PAGE, markdown, publish, write, write_all

__all__ = ["PAGE", "markdown", "publish", "write", "write_all"]
