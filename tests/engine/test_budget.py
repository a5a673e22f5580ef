"""How one limit becomes the library's several, so that the sum stays within it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.engine.budget import PAGE, divide
from wherever.errors import LimitReached

MIB = 1 << 20


def facts(
    *memories: tuple[int, int | None],
    tables: tuple[tuple[int, int | None], ...] = (),
    shared: bool = False,
    features: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "kind": "module",
        "memories": [(low, high, shared, False, False, PAGE) for low, high in memories],
        "tables": [(low, high, False) for low, high in tables],
        "features": features,
        "instances": 0,
        "modules": 0,
        "components": 0,
    }


def test_one_memory_gets_it_all() -> None:
    assert divide(64 * MIB, [facts((1, None))]).memory == 64 * MIB


def test_eight_memories_share_it() -> None:
    assert divide(64 * MIB, [facts(*[(1, None)] * 8)]).memory == 8 * MIB


def test_what_a_small_memory_cannot_take_goes_to_the_others() -> None:
    # One memory stops by itself at 1 MiB, so the other may have 63.
    assert divide(64 * MIB, [facts((1, 16), (1, None))]).memory == 63 * MIB


def test_a_shared_memory_counts_with_all_it_may_become() -> None:
    with pytest.raises(LimitReached, match=r"needs 67108864 bytes of memory to start") as caught:
        divide(32 * MIB, [facts((1, 1024), shared=True)])
    assert caught.value.hint == "allow it with --memory 64m"


def test_more_at_the_start_than_allowed_is_refused() -> None:
    with pytest.raises(LimitReached):
        divide(MIB, [facts((17, None))])


def test_growing_tables_have_a_share_of_their_own() -> None:
    budget = divide(64 * MIB, [facts((1, None), tables=((1, None),))])
    assert budget.elements * 16 == 8 * MIB
    assert budget.memory == 56 * MIB


def test_the_heap_of_a_collector_counts_as_a_memory() -> None:
    assert divide(64 * MIB, [facts((1, None), features=("gc",))]).memory == 32 * MIB


sizes = st.tuples(st.integers(0, 40), st.none() | st.integers(40, 2000))


@given(st.integers(16 * MIB, 1 << 32), st.lists(sizes, max_size=12), st.lists(sizes, max_size=4))
def test_the_sum_never_exceeds_the_limit(
    limit: int, memories: list[tuple[int, int | None]], tables: list[tuple[int, int | None]]
) -> None:
    try:
        budget = divide(limit, [facts(*memories, tables=tuple(tables))])
    except LimitReached as refused:
        assert refused.limit == "memory"
        return
    most = sum(min(budget.memory, (1 << 62) if h is None else h * PAGE) for _, h in memories)
    most += sum(16 * min(budget.elements, (1 << 62) if h is None else h) for _, h in tables)
    # The smallest values that the library is given are enough for a few pages and elements.
    assert most <= limit + 8 * PAGE * len(memories) + 1024 * len(tables)


def test_what_one_has_from_the_start_the_others_may_reach() -> None:
    # Nine memories may not grow to 37 pages each under 16 MiB, and one begins with as many.
    nine = [(0, None)] * 8 + [(37, None)]
    with pytest.raises(LimitReached, match="needs 21823488 bytes of memory to start"):
        divide(16 * MIB, [facts(*nine)])
    assert divide(21 * MIB, [facts(*nine)]).memory >= 37 * PAGE
