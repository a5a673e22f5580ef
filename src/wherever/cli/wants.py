"""What a package wants beyond what ran here under its name before, told before it runs."""

from __future__ import annotations

from wherever.package import remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.package.layout import Opened

MOST = 8
"""Sentences that are told; `wherever inspect --json` has all."""


def tell(package: Opened, what: str, *, quiet: bool, as_json: bool) -> tuple[str, ...]:
    """Say on stderr what a package wants more, once for each package; those sentences.

    Where nothing is said, for `--quiet`, it is not remembered either, so that it is said another
    time; an object of `--json` has it in any case.

    Args:
        what: what the user called it.
        quiet: say nothing.
        as_json: the sentences are told on stdout.
    """
    if remembered.is_known(package):
        return ()
    from wherever.cli.terminal import YELLOW, say
    from wherever.package.news import keep, news

    found = news(package)
    if found is None:
        return ()
    if found.damage and not quiet:
        say(f"what {found.name} wanted before is not known: {found.damage}", YELLOW)
    if found.wants and not quiet:
        say(found.headline(), YELLOW)
        for sentence in found.wants[:MOST]:
            say(f"  {sentence}")
        if len(found.wants) > MOST:
            say(f"  and {len(found.wants) - MOST} more")
        say(f"it reaches only what you grant; wherever inspect {what} shows its card")
    if as_json or not (quiet and (found.wants or found.damage)):
        keep(found)
    return found.wants
