"""What MLflow's server answers to one request, in milliseconds, since it does without MLflow."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from seqsweep.tracking.address import StoreAddress, without_login

PATIENCE = 5.0  # seconds


def answer(place: StoreAddress, path: str) -> bytes:
    """What a server says at a path, asked with the login of its address.

    Args:
        place: of the server.
        path: below its address: `version`.

    Raises:
        OSError: it does not answer, or refuses.
        ValueError: the address is none.
    """
    login = unquote(urlsplit(place.uri).netloc.rpartition("@")[0])
    headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if login else {}
    address = f"{without_login(place.uri).rstrip('/')}/{path}"
    with urlopen(Request(address, headers=headers), timeout=PATIENCE) as answered:
        return bytes(answered.read())
