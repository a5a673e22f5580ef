"""One component of parts in C, Python and JavaScript, put together by `wherever compose`.

`scripts/conformance` runs this. The part in C is what callers see; it has the words of a text
counted in Python and put into JSON in JavaScript, and both give it records and lists.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.build.bindings.worlds import Called
from wherever.build import building, tools
from wherever.build import project as projects
from wherever.wasm import facts

ROOT = Path(__file__).resolve().parent.parent.parent

WIT = """package lab:parts@1.0.0;
interface words {
  record count { word: string, times: u32 }
  counts: func(text: string) -> list<count>;
}
interface format {
  use words.{count};
  json: func(counts: list<count>) -> result<string, string>;
}
interface report { make: func(text: string) -> result<string, string>; }
world app { import words; import format; export report; }
world in-python { export words; }
world in-javascript { export format; }
"""
C = """#include "world.h"
wit_result_string_string_t lab_parts_report_make(wit_string_t text)
{
    wit_list_lab_parts_words_count_t counts = lab_parts_words_counts(text);
    for (size_t i = 0; i < counts.length; i++)
        if (counts.data[i].times > 1)
            counts.data[i].word = wit_format("*%s", wit_cstring(counts.data[i].word));
    return lab_parts_format_json(counts);
}
"""
PYTHON = """import re
from collections import Counter

import wit_world.exports
from wit_world.exports.words import Count


class Words(wit_world.exports.Words):
    def counts(self, text):
        return [Count(word, times) for word, times in Counter(re.findall(r"\\\\w+", text)).items()]
"""
JAVASCRIPT = """export const format = {
  json(counts) {
    if (counts.length === 0) throw "no words";
    return JSON.stringify(Object.fromEntries(counts.map(({ word, times }) => [word, times])));
  },
};
"""
PARTS = {
    "app": ("c", "app.c", C),
    "in-python": ("python", "words.py", PYTHON.replace("\\\\", "\\")),
    "in-javascript": ("javascript", "format.js", JAVASCRIPT),
}
WANTED = (
    ("to be or not to be", ("ok", '{"*to":2,"*be":2,"or":1,"not":1}')),
    ("größer größer 日本", ("ok", '{"*größer":2,"日本":1}')),
    ("", ("err", "no words")),
)


def results() -> Iterator[tuple[str, str]]:
    """Each step by name, and what went wrong with it, or nothing."""
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        app, *parts = [_built(base / world, world, *PARTS[world]) for world in PARTS]
        whole = base / "whole.wasm"
        done = _compose(app, *parts, "-o", whole)
        yield "composed/of three languages", done.stderr if done.returncode else _wrong(whole)
        for missing, interface in zip(parts, ("words", "format"), strict=True):
            wanted = f"imports lab:parts/{interface}@1.0.0, which none of the parts exports"
            left = [part for part in parts if part != missing]
            done = _compose(app, *left, "-o", base / "none.wasm")
            told = done.returncode != 0 and wanted in done.stderr
            there = (base / "none.wasm").exists()
            fine = told and not there
            yield f"composed/without {interface}", "" if fine else f"it said {done.stderr!r}"


def _built(folder: Path, world: str, language: str, main: str, source: str) -> Path:
    (folder / "wit").mkdir(parents=True)
    (folder / "wit" / "world.wit").write_text(WIT)
    (folder / main).write_text(source)
    (folder / "wherever.toml").write_text(
        f'[package]\nname = "lab:{world}"\nkind = "library"\n'
        f'[build]\nlanguage = "{language}"\nmain = "{main}"\nworld = "{world}"\n'
    )
    return building.build(projects.find(folder), lambda text: None).wasm


def _compose(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wherever", "compose", *words],
        env={**os.environ, "WHEREVER_TOOLS": str(tools.folder())},
        capture_output=True,
        text=True,
        timeout=300,
    )


def _wrong(whole: Path) -> str:
    """What is wrong with the whole, by what it imports and by what its function gives."""
    left = [name for _, name, kind, _ in facts(whole.read_bytes())["imports"] if kind != "type"]
    others = [name for name in left if not name.startswith("wasi:")]
    if others:
        return f"it imports {', '.join(others)}"
    call = Called(whole, "lab:parts/report@1.0.0")
    for text, wanted in WANTED:
        found = call("make", text)
        if (found.tag, found.payload) != wanted:
            return f"for {text!r} it gave {found.tag} {found.payload!r}"
    return ""
