"""How a run ended, told to a person or to a program."""

from __future__ import annotations

import sys

from wherever.cli.terminal import DIM, RED, escape, paint, say, table
from wherever.policy.quantity import format_bytes
from wherever.run.words import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.policy.outcome import Outcome
    from wherever.run.ended import Ended
    from wherever.run.job import Job

FRAMES = 30
"""How many of a trapped guest's functions are shown."""


def tell(job: Job, ended: Ended, stats: bool) -> None:
    """Say on stderr why the run ended, if it did not simply exit, and what it used."""
    message, hint = in_words(job, ended)
    if message and ended.kind != "interrupted":
        text = f"{job.name}: {message}"
        say(f"{text}; {hint}" if hint else text, RED)
        if ended.kind == "trapped":
            _show_functions(ended.backtrace)
    if stats:
        _write(f"wherever: what {escape(job.name)} used\n{table(usage(job, ended), '  ')}\n")


def show_call(text: str, hint: str) -> None:
    """One line of a trace on stderr; a refused call in red, with what would grant it."""
    line = escape(f"{text}; {hint}" if hint else text)
    _write(f"trace: {paint(line, RED) if hint else line}\n")


def in_words(job: Job, ended: Ended) -> tuple[str, str]:
    """The message and the hint, with what was allowed and used."""
    if ended.kind == "refused":
        return ended.message, ""
    limit = ended.limit or None
    used = {"timeout": ended.wall_s, "cpu_time": ended.cpu_s}.get(ended.limit)
    allowed = getattr(job, limit) if limit in job.__slots__ else None
    return words(ended.kind, limit, allowed, used, ended.message)


def usage(job: Job, ended: Ended) -> list[tuple[str, str]]:
    """What the run used and of how much, as rows for people; only what was counted."""
    rows = [
        ("wall time", _seconds(ended.wall_s) + _of(_maybe_seconds(job.timeout))),
        ("processor time", _seconds(ended.cpu_s) + _of(_maybe_seconds(job.cpu_time))),
    ]
    if ended.memory is not None:
        rows.append(("memory", f"{format_bytes(ended.memory)} of {format_bytes(job.memory)}"))
    if ended.output is not None:
        allowed = None if job.output is None else format_bytes(job.output)
        rows.append(("output", format_bytes(ended.output) + _of(allowed)))
    if ended.host_calls is not None:
        rows.append(("calls out", f"{ended.host_calls:,}" + _of(_maybe_count(job.host_calls))))
    if ended.fuel is not None:
        rows.append(("instructions", f"{ended.fuel:,}" + _of(_maybe_count(job.fuel))))
    return rows


def as_json(job: Job, outcome: Outcome, wants: tuple[str, ...] | None = None) -> str:
    """The outcome as one JSON object on one line.

    `stdout` and `stderr` are text; what is not UTF-8 is under `stdout_base64` or
    `stderr_base64` in their place.

    Args:
        wants: what a package wants beyond what ran before, or None for what is no package.
    """
    import base64
    import json
    from dataclasses import asdict

    found: dict[str, object] = {
        "program": job.name,
        "exit_code": outcome.exit_code,
        "ended": outcome.ended,
        "limit": outcome.limit,
        "message": outcome.message,
        "hint": outcome.hint,
    }
    for name, data in (("stdout", outcome.stdout), ("stderr", outcome.stderr)):
        try:
            found[name] = data.decode("utf-8")
        except UnicodeDecodeError:
            found[f"{name}_base64"] = base64.b64encode(data).decode("ascii")
    found["truncated"] = outcome.truncated
    found["usage"] = asdict(outcome.usage)
    found["backtrace"] = list(outcome.backtrace)
    if outcome.refused:
        found["refused"] = list(outcome.refused)
    if wants is not None:
        found["wants_more"] = list(wants)
    return json.dumps(found)


def _show_functions(names: tuple[str, ...]) -> None:
    lines = [f"  in {escape(name)}" for name in names[:FRAMES]]
    if len(names) > FRAMES:
        lines.append(f"  and {len(names) - FRAMES} more")
    _write("".join(paint(line, DIM) + "\n" for line in lines))


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def _maybe_seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:g} s"


def _maybe_count(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"


def _of(text: str | None) -> str:
    return f" of {text}" if text else ""
