"""What a guest did that the canonical ABI forbids: its call ends as if it had trapped."""

from __future__ import annotations


class Broken(Exception):
    """The words say what the guest did, and go on after its name: "returned a string ..."."""
