"""Many calls of a component at a time: each in an instance of its own, or in one that is reused."""

from __future__ import annotations

import asyncio

import pytest

import wherever
from tests.bind.python.conftest import library, shop, tools_of_tests
from tests.bind.python.test_package import Host
from tests.bind.python.test_stub import SPACES
from tests.bind.python.test_stub import Host as ManyHost
from tests.build.conftest import kept_tools

__all__ = ["kept_tools", "library", "shop", "tools_of_tests"]


@pytest.mark.parametrize("fresh", [True, False])
def test_calls_are_spread_over_instances(shop, fresh):
    host = Host()
    with wherever.Pool(shop.data, 2, fresh=fresh, imports=host, timeout=5) as pool:
        assert pool.call("greet", "you", 2) == "you you"
        assert list(pool.map("greet", ["a", "b", "c"], [1, 2, 3])) == ["a", "b b", "c c c"]
        assert asyncio.run(pool.acall("through", b"abc")) == b"cba"
    assert sorted(host.said) == ["a", "b b", "c c c", "you you"]


def test_a_call_that_was_stopped_takes_its_instance_with_it(shop):
    with wherever.Pool(shop.data, 1, fresh=False, imports=Host(), timeout=0.3) as pool:
        with pytest.raises(wherever.LimitReached):
            pool.call("spin")
        with pytest.raises(wherever.Trapped):
            pool.call("crash")
        assert pool.call("greet", None, 1) == "nobody"
        with pytest.raises(wherever.ResultError, match="no name"):
            pool.call("delete", "")
        with pytest.raises(TypeError, match=r"greet\(\): name: string: 3 is not a string"):
            pool.call("greet", 3, 1)


def test_functions_of_interfaces_have_their_names(library):
    data = library(SPACES).data
    with wherever.Pool(data, 1, imports=ManyHost()) as pool:
        with pytest.raises(wherever.Trapped):
            pool.call("shapes.bytes", b"a")
        with pytest.raises(wherever.InputError) as caught:
            pool.call("shapes.byte", b"a")
    assert str(caught.value) == (
        "program.wasm exports no function shapes.byte; did you mean shapes.bytes?"
    )
