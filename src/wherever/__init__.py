"""Run sandboxed WebAssembly software anywhere."""

from wherever.version import __version__

__all__ = ["__version__"]
