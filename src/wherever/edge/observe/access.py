"""The lines of a server's log: requests, guests' output, and notes of our own, as JSON.

Every value of a stranger goes through JSON's own escapes to ASCII, so no line can be forged and
nothing reaches a terminal that it could act on. Headers are never logged; queries can be masked.
"""

from __future__ import annotations

import time
from json.encoder import encode_basestring_ascii as quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wherever.edge.exchange import Exchange

LONGEST_TARGET = 2048
"""Bytes of a target that are logged; what follows them is cut, and an ellipsis says so."""

LONGEST_VALUE = 256
"""Bytes of a host that are logged, and letters of a method or a client."""

_MOST_KNOWN = 1024


class Lines:
    """Makes the lines of requests.

    Args:
        masked: whether `?***` stands for every query, which may hold secrets.
        clock: seconds since the epoch.

    Attributes:
        masked: the same.
    """

    def __init__(self, masked: bool = False, clock: Callable[[], float] = time.time) -> None:
        self.masked = masked
        self._clock = clock
        self._known: dict[str | bytes, str] = {}
        self._moment = self._second = -1
        self._prefix = self._time = ""

    def request(
        self,
        exchange: Exchange,
        app: str,
        status: int,
        bytes_in: int,
        bytes_out: int,
        seconds: float,
        guest: tuple[str, float, bool] | None,
    ) -> str:
        """The line of an exchange that has ended.

        Args:
            exchange, status, bytes_in, bytes_out, seconds: as the server tells them.
            app: which one answered, or `-`.
            guest: how the guest ended, its processor time, and whether it started for this; None
                where there was none.
        """
        target = exchange.target
        if self.masked and b"?" in target:
            target = target[: target.index(b"?")] + b"?***"
        if len(target) > LONGEST_TARGET:
            target = target[:LONGEST_TARGET] + "…".encode()
        # What was refused may be no whole exchange.
        other = getattr(exchange, "protocol", "HTTP/1.1") != "HTTP/1.1"
        ran = ',"protocol":"HTTP/2"' if other else ""
        if guest is not None:
            outcome, cpu_s, cold = guest
            ran += f',"outcome":"{outcome}","cpu":{cpu_s:.6f},"cold":{"true" if cold else "false"}'
        known = self._known
        host = known.get(exchange.authority) or self._learn(exchange.authority)
        client = known.get(exchange.client) or self._learn(exchange.client)
        return (
            f'{{"time":"{self.time()}","kind":"request","id":{quoted(exchange.id)},'
            f'"app":{known.get(app) or self._learn(app)},'
            f'"method":{known.get(exchange.method) or self._learn(exchange.method)},"host":{host},'
            f'"target":{quoted(target.decode("utf-8", "replace"))},"status":{status},'
            f'"seconds":{seconds:.6f},"in":{bytes_in},"out":{bytes_out},"client":{client}{ran}}}\n'
        )

    def _learn(self, value: str | bytes) -> str:
        """The value as JSON, kept for the next request: most of them come again and again."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        if len(value) > LONGEST_VALUE:
            value = value[:LONGEST_VALUE]
        text = value if isinstance(value, str) else value.decode("utf-8", "replace")
        said = self._known[value] = quoted(text)
        return said

    def output(self, app: str, id: str, stream: str, said: str) -> str:
        """The line of a line that a guest wrote.

        Args:
            app, id: whose, and for which request.
            stream: `stdout` or `stderr`.
            said: `"text":...` or `"fields":...`, as JSON.
        """
        return (
            f'{{"time":"{self.time()}","kind":"output","id":{quoted(id)},"app":{quoted(app)},'
            f'"stream":"{stream}",{said}}}\n'
        )

    def note(self, text: str, app: str = "-") -> str:
        """A line of the server's own."""
        return (
            f'{{"time":"{self.time()}","kind":"note","app":{quoted(app)},"text":{quoted(text)}}}\n'
        )

    def time(self) -> str:
        """Now, such as `2026-11-23T04:11:20.123Z`."""
        now = self._clock()
        moment = int(now * 1000)
        if moment != self._moment:
            self._moment = moment
            second, thousandths = divmod(moment, 1000)
            if second != self._second:
                self._second = second
                self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
            self._time = f"{self._prefix}{thousandths:03d}Z"
        return self._time


_RED, _GREEN, _YELLOW, _CYAN, _DIM = "31", "32", "33", "36", "2"


def for_terminal(record: Mapping[str, object], colourful: bool = False) -> str:
    r"""A record of the log as one short line for people, safe on any terminal.

    Example:
        >>> for_terminal({"time": "2026-11-23T04:11:20.123Z", "kind": "note", "text": "a\x1b[2J"})
        '04:11:20.123  wherever: a\\x1b[2J'
    """
    paint = _painted if colourful else _plain
    when = escaped(str(record.get("time", ""))[11:23])
    app = escaped(str(record.get("app", "-")))
    if record.get("kind") == "output":
        text = record.get("text")
        if text is None:
            fields = record.get("fields")
            pairs = fields.items() if isinstance(fields, dict) else ()
            text = " ".join(f"{name}={value}" for name, value in pairs)
        style = _YELLOW if record.get("stream") == "stderr" else _DIM
        return f"{paint(when, _DIM)}  {paint(app, _CYAN)} {paint('|', style)} {escaped(str(text))}"
    if record.get("kind") != "request":
        about = "wherever" if app == "-" else app
        return (
            f"{paint(when, _DIM)}  {paint(f'{about}:', _YELLOW)} {escaped(_text(record, 'text'))}"
        )
    status = _number(record, "status")
    style = _RED if status >= 499 or not status else _YELLOW if status >= 400 else _GREEN
    outcome = escaped(str(record.get("outcome", "ok")))
    said = [
        paint(when, _DIM),
        paint(f"{int(status) or '---'}", style),
        f"{escaped(_text(record, 'method')):<4}",
        f"{escaped(_text(record, 'host'))}{escaped(_text(record, 'target'))}",
        paint(app, _CYAN),
        duration(_number(record, "seconds")),
    ]
    if outcome != "ok":
        said.append(paint(outcome, _RED))
    return "  ".join(said)


def duration(seconds: float) -> str:
    """A time for people, three digits at most.

    Example:
        >>> duration(0.000042), duration(0.00123), duration(0.25), duration(61)
        ('42 us', '1.2 ms', '250 ms', '61 s')
    """
    for factor, unit in ((1e6, "us"), (1e3, "ms")):
        value = seconds * factor
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 9.95 and unit == "ms" else f"{value:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"


def escaped(text: str) -> str:
    """The text with everything that a terminal could act on spelled out."""
    if text.isprintable():
        return text
    return "".join(
        letter
        if letter.isprintable()
        else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
        for letter in text
    )


def _text(record: Mapping[str, object], name: str) -> str:
    return str(record.get(name, ""))


def _number(record: Mapping[str, object], name: str) -> float:
    value = record.get(name)
    return value if isinstance(value, int | float) else 0


def _painted(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


def _plain(text: str, style: str) -> str:
    return text
