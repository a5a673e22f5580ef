"""Numbers, names and lists are read within their bounds, or refused with the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.wasm.cursor import MAX_NAME, Cursor, Malformed, Work, open_bytes


def over(data, end=None):
    view = memoryview(bytes(data))
    return Cursor(view, 0, len(view) if end is None else end, Work())


def signed_leb(number):
    found = bytearray()
    while True:
        byte, number = number & 0x7F, number >> 7
        done = (number == 0 and not byte & 0x40) or (number == -1 and byte & 0x40)
        found.append(byte if done else byte | 0x80)
        if done:
            return bytes(found)


def padded(data, width, fill=0):
    """The same number in more bytes than it needs, as linkers write it."""
    missing = width - len(data)
    if not missing:
        return data
    last = data[-1]
    middle = [fill | 0x80] * (missing - 1)
    return bytes([*data[:-1], last | 0x80, *middle, fill])


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_every_unsigned_number_of_32_bits_is_read(forge_leb, number, width):
    data = forge_leb(number)
    data = padded(data, max(width, len(data)))
    at = over(data + b"rest")
    assert (at.u32(), at.pos) == (number, len(data))


@given(st.integers(0, 2**64 - 1))
def test_every_unsigned_number_of_64_bits_is_read(forge_leb, number):
    assert over(forge_leb(number)).u64() == number


@pytest.mark.parametrize("bits", [32, 33, 64])
@given(data=st.data())
def test_every_signed_number_is_read_also_when_padded(bits, data):
    number = data.draw(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    short = signed_leb(number)
    width = data.draw(st.integers(len(short), -(-bits // 7)))
    long = padded(short, width, 0x7F if number < 0 else 0)
    if number < 0 and width == -(-bits // 7) > len(short):
        # What the last byte holds beyond the number repeats its sign.
        long = long[:-1] + bytes([0x7F])
    assert over(long).signed(bits) == number


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x80\x80\x80\x80\x10", "a number of more than 32 bits (at byte 0)"),
        (b"\xff\xff\xff\xff\x1f", "a number of more than 32 bits (at byte 0)"),
        (b"\x80\x80\x80\x80\x80\x00", "a number of more than 32 bits (at byte 0)"),
        (b"\x80\x80", "unexpected end (at byte 2)"),
        (b"", "unexpected end (at byte 0)"),
    ],
)
def test_an_overlong_or_cut_number_is_refused_where_it_starts(data, why):
    with pytest.raises(Malformed) as caught:
        over(data).u32()
    assert str(caught.value) == f"malformed WebAssembly: {why}"


@pytest.mark.parametrize(
    ("bits", "data"),
    [
        (32, b"\x80\x80\x80\x80\x08"),
        (32, b"\xff\xff\xff\xff\x0f\x00"),
        (33, b"\x80\x80\x80\x80\x10"),
        (64, b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
    ],
)
def test_a_signed_number_that_does_not_fit_is_refused(bits, data):
    with pytest.raises(Malformed, match=f"a signed number of more than {bits} bits"):
        over(data).signed(bits)


def test_nothing_is_read_beyond_the_end_of_the_section():
    at = over(b"\x01\x02\x03", end=2)
    assert (at.u8(), at.u8()) == (1, 2)
    with pytest.raises(Malformed, match="unexpected end"):
        at.u8()


def test_a_list_that_cannot_fit_is_refused_before_it_is_read():
    with pytest.raises(Malformed, match="a list of 4294967295 items does not fit") as caught:
        over(b"\xff\xff\xff\xff\x0f" + b"\0" * 100).count()
    assert caught.value.offset == 0


def test_all_lists_draw_on_one_account():
    at = over(b"\x03" + b"\0" * 3)
    at.work.left = 2
    with pytest.raises(Malformed, match="more types, names and sections than"):
        at.count()


@given(st.text(max_size=50))
def test_names_come_back_as_they_went_in(forge_leb, text):
    data = text.encode()
    assert over(forge_leb(len(data)) + data).name() == text


def test_a_name_that_is_not_utf8_is_refused_at_its_first_bad_byte():
    with pytest.raises(Malformed, match=r"a name is not UTF-8 \(at byte 3\)"):
        over(b"\x04ab\xff\xfe").name()


def test_a_name_may_not_be_longer_than_engines_take(forge_leb):
    with pytest.raises(Malformed, match=f"a name of {MAX_NAME + 1} bytes"):
        over(forge_leb(MAX_NAME + 1) + b"x" * (MAX_NAME + 1)).name()


def test_a_name_that_runs_out_of_its_section_is_refused():
    with pytest.raises(Malformed, match=r"5 bytes announced, 2 left \(at byte 1\)"):
        over(b"\x05ab").name()


def test_views_of_any_shape_are_read():
    assert bytes(open_bytes(bytearray(b"abc"))) == b"abc"
    assert bytes(open_bytes(memoryview(b"abcdef")[::2])) == b"ace"
    assert bytes(open_bytes(memoryview(b"abcd").cast("I"))) == b"abcd"


@pytest.fixture(scope="module")
def forge_leb():
    def leb(number):
        found = bytearray()
        while number > 0x7F:
            found.append(number & 0x7F | 0x80)
            number >>= 7
        return bytes([*found, number])

    return leb
