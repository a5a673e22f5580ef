"""The name of a processor is short, the same each time, and there even without `/sys`."""

from __future__ import annotations

import os
import re

from wherever.engine import cpu


def test_the_name_says_the_machine_and_what_it_can_do(monkeypatch):
    assert re.fullmatch(rf"{os.uname().machine}\.[0-9a-f]+", cpu.key())
    first = cpu.key()
    monkeypatch.setattr(cpu, "_known", "")
    assert cpu.key() == first


def test_another_processor_has_another_name(monkeypatch, tmp_path):
    file = tmp_path / "modalias"
    names = []
    for numbers in ("0080,0089", "0080,0089,0125", "0080,0089,0FFF"):
        file.write_text(f"cpu:type:x86,ven0002:feature:,{numbers}\n")
        monkeypatch.setattr(cpu, "_KERNEL", str(file))
        monkeypatch.setattr(cpu, "_known", "")
        names.append(cpu.key())
    # The last differs only by a feature that no compiled code depends on.
    assert names[0] == names[2] != names[1]


def test_without_sys_the_flags_are_read(monkeypatch):
    monkeypatch.setattr(cpu, "_KERNEL", "/no/such/file")
    monkeypatch.setattr(cpu, "_known", "")
    assert re.fullmatch(rf"{os.uname().machine}\.[0-9a-f]{{8,}}", cpu.key())
