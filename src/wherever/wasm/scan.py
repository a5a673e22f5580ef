"""The way in: bytes to a scanned module or component, and nothing but our errors out."""

from __future__ import annotations

from wherever.errors import NotRunnable
from wherever.wasm.component import ComponentScan, scan_component
from wherever.wasm.cursor import Cursor, Work, open_bytes
from wherever.wasm.customs import target_features
from wherever.wasm.head import sniff
from wherever.wasm.module import CoreModule, scan_module

WORDS = {
    "wat": "WebAssembly text, not yet a binary",
    "elf": "a native program for Linux (ELF)",
    "pe": "a native program for Windows",
    "macho": "a native program for macOS",
    "script": "a script",
    "text": "text",
    "gzip": "a gzip archive",
    "zip": "a zip archive",
    "empty": "empty",
    "unknown": "no file that we know",
    "module-version": "a WebAssembly module of an unknown version",
    "component-version": "a WebAssembly component of an unknown version",
}
"""What `sniff` answers, in words that complete "the file is ..."."""


def scan(data: bytes | bytearray | memoryview) -> CoreModule | ComponentScan:
    """Scan a module or a component.

    Raises:
        NotRunnable: it is neither, or malformed (`Malformed`, with the offset).
    """
    view = open_bytes(data)
    kind = sniff(bytes(view[:256]))
    if kind not in ("module", "component"):
        raise NotRunnable(f"not a WebAssembly module or component: it is {WORDS[kind]}")
    at = Cursor(view, 0, len(view), Work())
    if kind == "module":
        module = scan_module(at)
        add_target_features(module, view)
        return module
    component = scan_component(at)
    for module in component.all_modules():
        add_target_features(module, view)
        component.features |= module.features
    return component


def add_target_features(module: CoreModule, view: memoryview) -> None:
    """Add what the module's `target_features` section names to its features."""
    for name, offset, size in module.customs:
        if name == "target_features":
            module.features |= target_features(section(view, offset, size))


def section(view: memoryview, offset: int, size: int, work: int = 150_000) -> Cursor:
    """A cursor on one section, with an account of its own."""
    return Cursor(view, offset, offset + size, Work(work))
