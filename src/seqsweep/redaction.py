"""Text as it may leave the process: every password, token and key in it is `***`.

Two ways lead to a secret. Some are seen by where they stand: in the userinfo, query or fragment of a URL, behind a name
such as `password=`, in an `Authorization` header. Others are known: `remember` takes them out of an address when a
config or a command line gives one, and they are hidden wherever they appear, in the words of a driver too.
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO
from urllib.parse import quote, quote_plus, unquote, unquote_plus

HIDDEN = "***"

# Names that are those of a secret anywhere, names that are so before a =, and names that are so in a URL.
_LOGIN = (
    r"[\w.\-]*?(?:pass(?:word|wd|phrase)|pwd|credential|(?:api|access|account|private|shared|secret)[_\-]?key"
    r"|client[_\-]?secret)[\w.\-]*"
)
_SURE = rf"{_LOGIN}|[\w.\-]*?secret[\w.\-]*|(?:[\w.\-]*[_\-])?token"
_IN_URL = rf"{_SURE}|[\w.\-]*?signature|(?:[\w.\-]*[_\-])?(?:key|sig|auth|pass|pw|psw|sas|jwt)"

# What stands where a secret would and is none: a variable of the environment, our own placeholder, whether a driver
# used a password, what is hidden.
_NO_SECRET = re.compile(r"\$\{oc\.env:\w+\}|PASSWORD|YES|NO|\*\*\*")

_QUOTED = r"'[^']*'|\"[^\"]*\""
_BRACED = r"\{(?:[^}]|\}\})*\}"  # how ODBC writes a password with a semicolon

# Up to the last @, since a password may hold one, and to hide a host is less than to show a secret; behind a port there
# is none.
# A login that is a variable, `http://${oc.env:LOGIN}@h`, names no user: the colon in it is none of the address.
_USER = r"(?>(?:\$\{oc\.env:\w+\}|[^/@\s:?#])*)"
_USERINFO = rf"(?P<before>://(?!\[){_USER}:)(?P<secret>(?!\d\d+/)\S{{1,999}}|[^\s?#]{{1,999}})(?P<after>@)"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<before>://)(?P<secret>\$\{oc\.env:\w+,[^{}]*\})(?P<after>[:@])",  # a variable with a default
        _USERINFO,
        r"(?P<before>https?://)(?P<secret>[^/@\s:?#]+)(?P<after>@)",
        rf"(?P<before>[?&#](?:{_IN_URL})=)(?P<secret>{_BRACED}|\*\*\*(?=[:;,.]?(?:\s|$))|[^&#\s\"'<>]+)(?P<after>)",
        rf"(?P<before>(?<![\w.\-?&#])(?:{_SURE}) ?= ?)(?P<secret>{_BRACED}|{_QUOTED}|\*\*\*|[^;\s]+)(?P<after>)",
        rf"(?P<before>(?<![\w.\-])(?:(?:{_LOGIN})['\"]?|(?<=['\"])(?:secret|token)['\"]): ?)"
        rf"(?P<secret>{_QUOTED}|[^;\s,)}}]+)(?P<after>)",
        r"(?P<before>authorization['\"]?\s*[:=]\s*['\"]?(?:(?:basic|bearer|digest|token|negotiate)\s+)?)"
        r"(?P<secret>[^\s'\",}]+)(?P<after>)",
        r"(?P<before>\bbearer\s+)(?P<secret>[\w.~+/\-]{8,}=*)(?P<after>)",
        r"(?P<before>(?<![\w/:.@{%+\-])[\w.+%\-]+:)(?P<secret>[^\s@/:]+)(?P<after>@(?=[\w\[]))",
        r"(?P<before>\b)(?P<secret>(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{30,}|eyJ[\w\-]{8,}\.[\w\-]+\.[\w\-]+)(?P<after>)",
    )
)
_ENCODED = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_WORTH_A_LOOK = re.compile(r"[=:@%]|bearer|AKIA|ASIA|gh\w_|eyJ", re.IGNORECASE)
_SECRET_NAME = re.compile(_IN_URL, re.IGNORECASE)

_known: set[str] = set()


def redacted(text: str, *addresses: str) -> str:
    """`text` without secrets; once more changes nothing.

    Args:
        text: for whoever reads what leaves the process.
        addresses: URLs that it is about: their secrets are hidden in it even where they are words such as `sales`.
    """
    own = {secret for address in addresses for secret in secrets_of(address)}
    for secret in sorted(_known | own, key=len, reverse=True):
        for form in _forms(secret):
            if form in text:
                text = text.replace(form, HIDDEN) if _unmistakable(secret) else _word(form).sub(HIDDEN, text)
    if _WORTH_A_LOOK.search(text) is None:
        return text
    text = _by_place(text)
    return re.sub(r"\S+", lambda found: _decoded(found[0]), text) if _ENCODED.search(text) else text


def remember(*texts: str) -> None:
    """Hide the secrets of these addresses, and of overrides with addresses, from now on.

    One that might be a word is hidden in the texts about its address alone. To hide it everywhere would garble names
    and figures, and tell it: who reads of "the *** part" guesses what the password is.
    """
    for text in texts:
        _known.update(filter(_unmistakable, secrets_of(text)))


def remember_variable(name: str, value: str) -> None:
    """Hide what a variable of the environment holds: all of it where its name says so, else the secrets of a URL.

    Args:
        name: `SHOP_PASSWORD`.
        value: of it.
    """
    remember(value)
    if _SECRET_NAME.fullmatch(name) and _unmistakable(value):
        _known.add(value)


def remember_all(secrets: Iterable[str]) -> None:
    """Hide what another process calls `known`."""
    _known.update(secrets)


def known() -> frozenset[str]:
    """What is hidden wherever it appears, for a process that is to hide it too."""
    return frozenset(_known)


def secrets_of(address: str) -> frozenset[str]:
    """The secrets in a URL, as written and percent-decoded; none that is its user, host or database too.

    Args:
        address: a URL, or an override with one.
    """
    written = set(_in_url(address) if "://" in address else _placed(address))
    found = {form for secret in written for form in (secret, unquote(secret), unquote_plus(secret))}
    rest = _by_place(address)
    for secret in sorted(found, key=len, reverse=True):
        rest = rest.replace(secret, HIDDEN) if _unmistakable(secret) else rest
    names = {"", *re.split(r"[^\w.\-]+", rest)}
    return frozenset(secret for secret in found if secret not in names and not _NO_SECRET.fullmatch(secret))


@contextmanager
def redacted_output() -> Iterator[None]:
    """Redact whatever is written to standard output and error meanwhile."""
    out, err = _Redacting(sys.stdout), _Redacting(sys.stderr)
    with redirect_stdout(out), redirect_stderr(err):
        yield


class _Redacting:
    """A text stream that hides secrets in what is written to it; all else is that of the stream behind it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(redacted(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _by_place(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(_hidden, text)
    return text


def _hidden(found: re.Match[str]) -> str:
    if _NO_SECRET.fullmatch(found["secret"]):
        return found[0]
    return f"{found['before']}{HIDDEN}{found['after']}"


def _decoded(word: str) -> str:
    """A word with percent-encoded parts: as it is, or decoded where a secret is seen only then."""
    plain = unquote(word)
    return word if plain == word or (shown := redacted(plain)) == plain else shown


def _placed(text: str) -> Iterator[str]:
    """What stands where secrets do in a text, and in what it decodes to."""
    for form in dict.fromkeys((text, unquote(text), unquote_plus(text))):
        left = form
        for pattern in _PATTERNS:
            yield from (_bare(found["secret"]) for found in pattern.finditer(left))
            left = pattern.sub(_hidden, left)


def _in_url(text: str) -> Iterator[str]:
    """The secrets of a text that is one URL, or an override of a key by one: they may hold blanks and quotes."""
    scheme, _, rest = text.partition("://")
    token = re.match(r"[^/@:?#]+(?=@)", rest) if scheme.lower().endswith(("http", "https")) else None
    if token:
        yield token[0]
    login = re.match(rf"{_USER}:(?!\d\d+/)", rest)
    ends = [found.start() for found in re.finditer("@", rest)] if login else []
    yield from (rest[login.end() : end] for end in ends if login)  # each may be the one that the password ends at
    for part in re.split("[?&#]", rest)[1:]:
        name, _, value = part.partition("=")
        if _SECRET_NAME.fullmatch(unquote(name)):
            yield value
        else:
            yield from _placed(value)


def _bare(secret: str) -> str:
    """A secret without the quotes or braces around it."""
    pairs = ("''", '""', "{}")
    return secret[1:-1].replace("}}", "}") if len(secret) > 2 and secret[0] + secret[-1] in pairs else secret


def _unmistakable(secret: str) -> bool:
    """Whether no word, name or figure is likely to be the same."""
    mixed = re.search(r"[^\W\d_]", secret) and re.search(r"[\W\d_]", secret)
    return len(secret) >= 16 or (len(secret) >= 6 and mixed is not None)


def _word(secret: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])")


def _forms(secret: str) -> list[str]:
    """How texts may spell a secret: percent-encoded, in JSON, in HTML, as Python shows it; the longest first."""
    encoded = (quote(secret), quote(secret, safe=""), quote_plus(secret))
    lower = (re.sub("%..", lambda found: found[0].lower(), form) for form in encoded)
    forms = {secret, *encoded, *lower, json.dumps(secret)[1:-1], html.escape(secret), repr(secret)[1:-1]}
    return sorted(forms, key=len, reverse=True)
