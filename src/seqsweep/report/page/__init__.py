"""One HTML page a sweep: what won and how sure that is, then everything that shows why.

`material` reads what the sweep left on disk, `links` where MLflow shows it; `winner`, `data`, `board`, `history`,
`curves`, `parallel`, `settings` (by `parameters` and `importance`) and `account` make the sections, and `run` has their
order; `several` lays sweeps side by side, `live` shows one that runs. Blocks and figures come from `html`.
"""

from seqsweep.report.page.data import write_data_page
from seqsweep.report.page.live import failed_page, live_page, running_now, stamp, trial_page
from seqsweep.report.page.run import PAGE, markdown, publish, write
from seqsweep.report.page.several import write_all

__all__ = [
    "PAGE",
    "failed_page",
    "live_page",
    "markdown",
    "publish",
    "running_now",
    "stamp",
    "trial_page",
    "write",
    "write_all",
    "write_data_page",
]
