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
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.cache import Report

    Companions = Callable[[dict[str, Any]], list[bytes]]

BIG = 1 << 20
"""Bytes from which on a module comes from the baseline compiler first."""

_OUT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)


def artifact(
    source: str | bytes,
    settings: Settings,
    name: str,
    report: Report | None,
    companions: Companions | None,
    tiers: bool,
    background: bool,
) -> Artifact:
    """See `cache.artifact`; companions get the settings that the source needs."""
    tier.reap()
    opened = Source(source, name)
    try:
        work = _Work(opened, settings, report, companions, tiers, background)
        found = work.look()
        if found is not None:  # even where nothing can be written
            work.remember(cache.places()[0])
            work.improve(found)
            return found
        where = keep.prepare()
        while True:
            try:
                return work.do(where)
            except OSError as error:
                if error.errno in _OUT:
                    raise InputError(
                        f"cannot compile {opened.name}: {error.strerror}",
                        "close files or programs and run it again",
                    ) from None
                # The folder is full, read-only, or was removed meanwhile.
                why = f"{where} takes no native code ({error.strerror})"
                where = keep.instead(cache.folder(), why)
    finally:
        opened.close()


class _Work:
    """One call of `artifact`, with its source open."""

    def __init__(
        self,
        source: Source,
        settings: Settings,
        report: Report | None,
        companions: Companions | None,
        tiers: bool,
        background: bool,
    ) -> None:
        self.source = source
        self.wanted = settings
        self.report = report
        self.companions = companions
        self.background = background
        self.tiers = tiers and cache.may_tier(settings)

    def do(self, where: str) -> Artifact:
        """Find or make it in one folder."""
        self.remember(where)
        found = self.look()
        if found is not None:
            return found
        lock = keep.Lock(where, cache.entry_name(self.source.stem, self.wanted))
        self._wait(lock)
        try:
            return self.look() or self._compile(where)
        finally:
            lock.release()

    def remember(self, where: str) -> None:
        """Note which source the file is."""
        if self.source.seen is not None:
            keep.remember(where, self.source.seen, self.source.stem)

    def look(self) -> Artifact | None:
        """What is there already."""
        return cache.find(self.source.stem, self.wanted, self.source.text, tiers=self.tiers)

    def improve(self, found: Artifact) -> None:
        """Have baseline code replaced that nobody came to replace since it was made."""
        if self.background and found.settings.baseline and not self.wanted.baseline:
            where = os.path.dirname(found.path)
            tier.promote(where, self.source, [self.source.part()], self.wanted)

    def _wait(self, lock: keep.Lock) -> None:
        """Wait while another process compiles the same, but not for ever."""
        began = time.monotonic()
        patience = 60 + 4 * spawning.limits(self.source.size)[1]
        spoken = False
        while not lock.take():
            took = time.monotonic() - began
            if took > patience:
                break
            if took > 1 and self.report is not None:
                spoken = True
                name = self.source.name
                self.report(f"waiting for another process to compile {name} ... {took:.0f} s")
            time.sleep(0.02)
        if spoken and self.report is not None:
            self.report(None)

    def _compile(self, where: str) -> Artifact:
        """Compile in a child process and make entries of what it wrote."""
        source = self.source
        may_tier = self.tiers and machine() == "x86_64"
        temp = keep.temp_name(where)
        request = {
            "sources": [(3, source.digest, source.name)],
            "settings": self.wanted.key,
            "tier": BIG if may_tier else 0,
            "companions": self.companions is not None,
            "temp": temp,
            "parent": os.getpid(),
        }
        parts = [source.part()]
        child = spawning.Child([source.handle], request, source.name, source.size, self.report)
        try:
            got = child.answer()
            if self.companions is not None:
                texts = self.companions(got)
                name = f"part of {source.name}"
                child.tell([(text, name) for text in texts])
                parts += [(cache.text_stem(t), sha256(t), t, name) for t in texts]
                got = child.answer()
            made = keep.commit_all(where, parts, got, child.seconds())[source.stem]
        except BaseException:
            child.close()
            inventory.sweep(where, temp)
            raise
        child.close()
        inventory.bound(where)
        if may_tier and self.background and made.settings.baseline:
            tier.promote(where, source, parts, self.wanted)
        return made
