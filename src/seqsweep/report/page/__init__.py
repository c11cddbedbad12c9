"""One self-contained HTML page a sweep: what won and how sure that is, then everything that shows why.

`material` reads what the sweep left on disk; `data`, `board`, `search`, `parameters`, `importance`, `settings` and
`account` make the sections, and `run` has the order. Blocks and figures come from `html`.
"""

from seqsweep.report.page.data import write_data_page
from seqsweep.report.page.run import PAGE, markdown, publish, write, write_all

__all__ = ["PAGE", "markdown", "publish", "write", "write_all", "write_data_page"]
