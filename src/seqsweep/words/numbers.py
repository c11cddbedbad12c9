"""Numbers as a person reads them: as many digits as count, and the same number of them everywhere."""

from __future__ import annotations

import math
import re

from seqsweep.evidence import Interval


def significant(value: float, digits: int = 4) -> str:
    """Digits that count, the same for all of a column: `13.00`, `0.3545`, `12,346`.

    Args:
        value: may be infinite, `inf`, or NaN: `none`.
        digits: 4 for scores, 3 for differences, 2 for standard deviations.
    """
    if math.isnan(value):
        return "none"
    value += 0.0  # -0 is 0
    rounded = abs(float(f"{value:.{digits}g}"))  # 999.96 is shown as 1000 is
    if 10 ** (digits - 1) <= rounded < 1e9:
        return f"{value:,.0f}"
    return f"{value:#.{digits}g}".rstrip(".")


def plus_minus(mean: float, std: float | None) -> str:
    """A mean and its standard deviation: `11.32 ± 0.22`; without one, the mean alone.

    Args:
        mean: in any unit.
        std: in the same unit; None: a single figure has none.
    """
    return significant(mean) + ("" if std is None else f" ± {significant(std, 2)}")


def percent(part: float) -> str:
    """A skill or a change, with its sign: `+5.3%`, `-213%`; `none` where there is nothing to take a share of."""
    if not math.isfinite(part):
        return "none"
    return f"{part:+z.1%}" if abs(part) < 1 else f"{part:+.0%}"


def gain(skill: float | None) -> str:
    """The cell of a skill; empty where no baseline was scored."""
    return "" if skill is None else percent(skill)


def share(part: float) -> str:
    """A share that somebody set, such as the level of an interval, as it was written: `95%`, `99.5%`, `33.33%`."""
    return f"{100 * part:.4g}%"


def counted_share(part: float) -> str:
    """A share that was measured, each to the same digit: `56.6%`; `0%` and `100%` are none and all, nothing else."""
    if part in (0, 1):
        return f"{part:.0%}"
    return "<0.1%" if part < 0.0005 else ">99.9%" if part >= 0.9995 else f"{part:.1%}"


def bounds(interval: Interval | None, sign: int = 1) -> str:
    """A mean and its interval: `0.299 (-1.66 to 2.25)`; empty where there is none.

    Args:
        interval: of a difference, one minus other.
        sign: -1 turns it into other minus one.
    """
    if interval is None:
        return ""
    low, high = sorted((sign * interval.low, sign * interval.high))
    return f"{significant(sign * interval.mean, 3)} ({significant(low, 3)} to {significant(high, 3)})"


def confidence(interval: Interval) -> str:
    """`95% interval -4.89 to 1.66`."""
    return f"{share(interval.level)} interval {significant(interval.low, 3)} to {significant(interval.high, 3)}"


def chance(p_value: float) -> str:
    """`p = 0.33`, `p < 0.001`."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def counted(number: int, noun: str) -> str:
    """`1 trial`, `2 trials`, `1,200 rows`.

    Args:
        number: 0 or more.
        noun: in the singular, of which the plural ends in s.
    """
    return f"{number:,} {noun}" if number == 1 or noun.endswith("series") else f"{number:,} {noun}s"


def span(lowest: int, highest: int) -> str:
    """`500`, or `12 to 1,200` where the two differ.

    Args:
        lowest: of some counts.
        highest: of them.
    """
    return f"{lowest:,}" if lowest == highest else f"{lowest:,} to {highest:,}"


def duration(seconds: float) -> str:
    """`2 h 5 min`, `3 min 20 s`, `45 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float | None:
    """The seconds of `90s`, `30m`, `1.5h`, `1h30m` or `2d`; None: it says no time above 0."""
    parts = re.fullmatch(r"(?:\d+(?:\.\d+)?[smhd])+", text.replace(" ", ""))
    found = re.findall(r"([\d.]+)([smhd])", parts[0]) if parts else []
    return sum(float(number) * _UNITS[unit] for number, unit in found) or None


def moment(time: str) -> str:
    """A time, or the number of a row, without the zeros behind it: `1700-01-01` for `1700-01-01T00:00:00.000000000`."""
    return re.sub(r"(T00:00:00)?\.0+$", "", time)


def megabytes(size: float) -> str:
    """Bytes as `2.5 MB`, few of them as `39 kB`."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
