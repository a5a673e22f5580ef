"""Traces: read from who asks, drawn where nobody says, and handed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.edge.observe.trace import Sampler, handed_on, read

TRACE, SENDER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SENDER}-01".encode()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (GOOD, (TRACE, SENDER, True)),
        (GOOD[:-2] + b"00", (TRACE, SENDER, False)),
        (GOOD[:-2] + b"03", (TRACE, SENDER, True)),
        (b"cc" + GOOD[2:] + b"-more", (TRACE, SENDER, True)),
        (GOOD + b"-more", None),
        (b"ff" + GOOD[2:], None),
        (GOOD.upper(), None),
        (GOOD + b"\n", None),
        (f"00-{'0' * 32}-{SENDER}-01".encode(), None),
        (f"00-{TRACE}-{'0' * 16}-01".encode(), None),
        (b"", None),
        (b"00-" + b"a" * 100_000, None),
    ],
)
def test_reading(value, found):
    assert read(value) == found


@given(st.binary(max_size=80))
def test_nothing_unexpected_is_read(value):
    found = read(value)
    assert found is None or f"{found[0]}-{found[1]}".encode() in value


def test_a_request_in_a_trace_stays_in_it():
    span = Sampler().span([(b"host", b"x"), (b"traceparent", GOOD)], 7)
    assert (span.trace, span.parent, span.sampled, span.start_ns) == (TRACE, SENDER, True, 7)
    assert span.id not in (SENDER, "0" * 16) and len(span.id) == 16
    headers = handed_on([(b"host", b"x"), (b"traceparent", GOOD), (b"a", b"b")], span)
    assert headers == [
        (b"host", b"x"),
        (b"a", b"b"),
        (b"traceparent", f"00-{TRACE}-{span.id}-01".encode()),
    ]


@pytest.mark.parametrize("headers", [[], [(b"traceparent", b"bad")], [(b"traceparent", GOOD)] * 2])
def test_a_request_without_a_good_one_begins_its_own(headers):
    spans = [Sampler().span(headers, 0) for _ in range(50)]
    assert len({span.trace for span in spans}) == len({span.id for span in spans}) == 50
    assert TRACE not in {span.trace for span in spans}
    assert all(read(span.header) == (span.trace, span.id, True) for span in spans)


def test_the_share_that_is_sampled():
    sampler = Sampler(0.25)
    taken = sum(sampler.span([], 0).sampled for _ in range(4000))
    assert 850 < taken < 1150
    assert not any(Sampler(0.0).span([], 0).sampled for _ in range(100))
    assert sampler.span([(b"traceparent", GOOD)], 0).sampled, "the sender said so"
    alone = Sampler(0.0, by_parent=False)
    assert not alone.span([(b"traceparent", GOOD)], 0).sampled
