"""From sources to artifacts: what is missing is compiled, once, in a child process."""

from __future__ import annotations

import errno
import os
import time

from wherever.engine import cache, inventory, keep, spawning, tier
from wherever.engine.cache import Artifact
from wherever.engine.digesting import sha256
from wherever.engine.library import machine
from wherever.engine.settings import Settings
from wherever.engine.source import Source
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from wherever.engine.cache import Report

    Companions = Callable[[dict[str, Any]], list[bytes]]

BIG = 1 << 20
"""Bytes from which on a module comes from the baseline compiler first."""

_OUT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)


def artifacts(
    sources: Sequence[str | bytes],
    settings: Settings,
    names: Sequence[str],
    report: Report | None,
    companions: Companions | None,
    tiers: bool,
    background: bool = True,
) -> list[Artifact]:
    """See `cache.artifact`; all sources get the same settings, and the first one decides."""
    tier.reap()
    opened: list[Source] = []
    try:
        for number, what in enumerate(sources):
            opened.append(Source(what, names[number] if number < len(names) else ""))
        work = _Work(opened, settings, report, companions, tiers, background)
        found = work.look()[0]
        if all(found):  # even where nothing can be written
            work.remember(cache.places()[0])
            return [artifact for artifact in found if artifact is not None]
        where = keep.prepare()
        while True:
            try:
                return work.do(where)
            except OSError as error:
                if error.errno in _OUT:
                    raise InputError(
                        f"cannot compile {opened[0].name}: {error.strerror}",
                        "close files or programs and run it again",
                    ) from None
                # The folder is full, read-only, or was removed meanwhile.
                why = f"{where} takes no native code ({error.strerror})"
                where = keep.instead(cache.folder(), why)
    finally:
        for source in opened:
            source.close()


class _Work:
    """One call of `artifacts`, with its sources open."""

    def __init__(
        self,
        opened: list[Source],
        settings: Settings,
        report: Report | None,
        companions: Companions | None,
        tiers: bool,
        background: bool,
    ) -> None:
        self.opened = opened
        self.wanted = settings
        self.report = report
        self.companions = companions
        self.background = background
        self.tiers = tiers and cache.may_tier(settings)

    def do(self, where: str) -> list[Artifact]:
        """Find or make everything in one folder."""
        self.remember(where)
        found = self.look()[0]
        first = next((s for s, a in zip(self.opened, found, strict=True) if a is None), None)
        if first is None:
            return [a for a in found if a is not None]
        lock = keep.Lock(where, cache.entry_name(first.stem, self.wanted))
        self._wait(lock, first)
        try:
            found, settings = self.look()
            missing = [s for s, a in zip(self.opened, found, strict=True) if a is None]
            made = self._compile(where, missing, settings) if missing else {}
            return [a or made[s.stem] for s, a in zip(self.opened, found, strict=True)]
        finally:
            lock.release()

    def remember(self, where: str) -> None:
        """Note which sources the files are."""
        for source in self.opened:
            if source.seen is not None:
                keep.remember(where, source.seen, source.stem)

    def look(self) -> tuple[list[Artifact | None], Settings | None]:
        """What is there already, and the settings that this binds the rest to."""
        choices = [self.wanted]
        if self.tiers:
            choices.append(Settings(self.wanted.fuel, False, True))
        for choice in choices:
            found = [cache.find(s.stem, choice, s.text, tiers=False) for s in self.opened]
            if found[0] is not None:
                return found, choice
        return [None] * len(self.opened), None

    def _wait(self, lock: keep.Lock, first: Source) -> None:
        """Wait while another process compiles the same, but not for ever."""
        began = time.monotonic()
        patience = 60 + 4 * spawning.limits(first.size)[1]
        spoken = False
        while not lock.take():
            took = time.monotonic() - began
            if took > patience:
                break
            if took > 1 and self.report is not None:
                spoken = True
                self.report(f"waiting for another process to compile {first.name} ... {took:.0f} s")
            time.sleep(0.02)
        if spoken and self.report is not None:
            self.report(None)

    def _compile(
        self, where: str, missing: list[Source], bound: Settings | None
    ) -> dict[str, Artifact]:
        """Compile in a child process and make entries of what it wrote, by stem."""
        may_tier = self.tiers and bound is None and machine() == "x86_64"
        temp = keep.temp_name(where)
        request = {
            "sources": [(3 + i, s.digest, s.name) for i, s in enumerate(missing)],
            "settings": (bound or self.wanted).key,
            "tier": BIG if may_tier else 0,
            "companions": self.companions is not None,
            "temp": temp,
            "parent": os.getpid(),
        }
        parts = [source.part() for source in missing]
        child = spawning.Child(
            [source.handle for source in missing],
            request,
            missing[0].name,
            sum(source.size for source in missing),
            self.report,
        )
        try:
            got = child.answer()
            if self.companions is not None:
                texts = self.companions(got)
                name = f"part of {missing[0].name}"
                child.tell([(text, name) for text in texts])
                parts += [(cache.text_stem(t), sha256(t), t, name) for t in texts]
                got = child.answer()
            made = keep.commit_all(where, parts, got, child.seconds())
        except BaseException:
            child.close()
            inventory.sweep(where, temp)
            raise
        child.close()
        inventory.bound(where)
        if may_tier and self.background and made[missing[0].stem].settings.baseline:
            tier.promote(where, missing, parts, self.wanted)
        return made
