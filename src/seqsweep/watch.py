"""`seqsweep watch`: the page of a sweep, served on this machine and refreshed from the sweep's state while it runs.

Nothing is written: the sweep's folder is read, and a page is made anew only when a browser asks for it and the state
has changed. There is no framework in the page: it asks for a stamp of the state, and takes the new page where that is
another one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from seqsweep.errors import ConfigError, SeqsweepError, StateError, UserError
from seqsweep.interrupts import something_open
from seqsweep.report import failed_page, live_page, running_now, stamp, trial_page
from seqsweep.search import folders, is_running, read_identity
from seqsweep.spelling import nearest
from seqsweep.tracking.local_server import HOST, refuse_taken

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

SHORTEST = 4  # digits of a fingerprint that name a sweep


def watch(name: str | None, directory: Path, port: int, say: Callable[[str], None]) -> None:
    """Nothing, after Ctrl-C has ended the server; meanwhile the page is at the address that `say` was told.

    Args:
        name: a study, or the first digits of a fingerprint; None: the sweep that runs, else the newest.
        directory: `tracking.directory` of the sweep.
        port: where the server listens, on this machine alone.
        say: is told each line that the user should see.

    Raises:
        UserError: there is no sweep, none of this name, or the port is taken.
    """
    folder = find_sweep(directory, name)
    refuse_taken(port)
    with suppress(KeyboardInterrupt), something_open():
        running = "" if is_running(folder) else ", which does not run now,"
        say(f"Sweep {folder.name}{running} is at http://{HOST}:{port}/")
        say("Ctrl-C ends this; the sweep goes on.")
        page_server(folder, port).run()


def find_sweep(directory: Path, name: str | None) -> Path:
    """The folder of a sweep that was begun: the one that runs, else the one that changed last.

    Args:
        directory: `tracking.directory`.
        name: a study, or the first digits of a fingerprint; None: any.

    Raises:
        UserError: there is none; a ConfigError where there is none of this name.
    """
    begun = folders(directory)
    if not begun:
        raise UserError(f"there is no sweep under {directory}; seqsweep sweep quickstart begins one")
    meant = [folder for folder in begun if name is None or _means(name, folder)]
    if not meant:
        known = sorted({_study(folder) for folder in begun} - {""})
        raise ConfigError([f"{name}: no such sweep was begun under {directory}{nearest(name or '', known)}"])
    return max(meant, key=lambda folder: (is_running(folder), _changed(folder)))


def page_server(folder: Path, port: int) -> uvicorn.Server:
    """The server of the pages of a sweep; its `run` returns when it is told to end.

    Args:
        folder: of the sweep.
        port: where it listens.
    """
    import uvicorn

    settings = uvicorn.Config(_application(folder), host=HOST, port=port, log_level="error", lifespan="off")
    return uvicorn.Server(settings)


class _Pages:
    """The page as it was made last, and the stamp of the state that it was made from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = ("", "")
        self._lock = Lock()  # requests come in threads

    def stamp(self) -> str:
        """Of the state as it is now."""
        return stamp(self._folder)

    def page(self) -> str:
        """Of the state as it is now."""
        with self._lock:
            now = self.stamp()
            if self._made[0] != now:
                self._made = now, self._shown(lambda: live_page(self._folder, now), now)
            return self._made[1]

    def running(self) -> str:
        """The block of what runs now, which changes more often than the page is made."""
        with suppress(SeqsweepError):
            return running_now(self._folder)
        return ""

    def trial(self, trial_id: str) -> str:
        """Of one trial, or final run."""
        return self._shown(lambda: trial_page(self._folder, trial_id), "")

    def _shown(self, make: Callable[[], str], now: str) -> str:
        try:
            return make()
        except SeqsweepError as error:
            return failed_page(self._folder, str(error), now)


def _application(folder: Path) -> Starlette:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, PlainTextResponse, Response
    from starlette.routing import Route

    from seqsweep.html import SCRIPT, plotly_script

    pages = _Pages(folder)
    fresh = {"Cache-Control": "no-store"}

    def page(_: Request) -> Response:
        return HTMLResponse(pages.page(), headers=fresh)

    def trial(request: Request) -> Response:
        return HTMLResponse(pages.trial(request.path_params["trial_id"]), headers=fresh)

    def running(_: Request) -> Response:
        return HTMLResponse(pages.running(), headers=fresh)

    def now(_: Request) -> Response:
        return PlainTextResponse(pages.stamp(), headers=fresh)

    def script(_: Request) -> Response:
        return Response(plotly_script(), media_type="text/javascript")

    routes = [
        Route("/", page),
        Route("/stamp", now),
        Route("/running", running),
        Route("/trials/{trial_id}", trial),
        Route(f"/{SCRIPT}", script),
    ]
    # A page of elsewhere may have a name that leads to this machine, and would read ours under it.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    return Starlette(routes=routes, middleware=[hosts])


def _means(name: str, folder: Path) -> bool:
    return name == _study(folder) or (len(name) >= SHORTEST and folder.name.startswith(name))


def _study(folder: Path) -> str:
    with suppress(StateError):
        return read_identity(folder).study
    return ""


def _changed(folder: Path) -> float:
    """Seconds since 1970 when the sweep's state changed last."""
    return max(place.stat().st_mtime for place in (folder, *(place for place in folder.iterdir() if place.is_dir())))
