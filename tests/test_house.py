"""The house: what holds for the package as a whole."""

import sys

import pytest

from wherever.errors import InputError
from wherever.version import refuse_free_threading


def test_a_free_threaded_python_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(sys, "version", "3.13.0 experimental free-threading build (main)")
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3.13t")
    with pytest.raises(InputError) as caught:
        refuse_free_threading()
    assert str(caught.value) == (
        "Wherever does not run guests on a free-threaded Python (/usr/bin/python3.13t);"
        " use the default build of the same version"
    )


def test_this_python_is_not_refused():
    refuse_free_threading()
