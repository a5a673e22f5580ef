"""A guest's memory from Python, by ctypes and by the accelerator."""

import array
import subprocess
import sys
import textwrap
import threading

import pytest

import wherever
from wherever.engine import fast

WAYS = ["ctypes", *(["accelerator"] if fast.accelerator() else [])]

TEXT = b"""(module (memory (export "memory") 1 4) (memory (export "other") 0)
  (data (i32.const 16) "hello")
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "spin") (loop $again (br $again)))
  (func (export "boom") (unreachable)))"""


@pytest.fixture(params=WAYS)
def way(request):
    before = fast.accelerator()
    fast.use(before if request.param == "accelerator" else None)
    yield request.param
    fast.use(before)


@pytest.fixture
def guest(way):
    with wherever.load(TEXT, timeout=10) as guest:
        yield guest


def test_bytes_go_in_and_out(guest):
    memory = guest.memory
    assert memory.read(16, 5) == b"hello"
    memory.write(16, b"HE")
    memory.write(30, bytearray(b"abc"))
    memory.write(40, array.array("H", [0x4142]))
    memory.write(50, b"")
    assert memory.read(16, 5) == b"HEllo"
    assert guest.get(30) == ord("a")
    assert (memory.read(40, 2), memory.read(65536, 0), len(memory)) == (b"BA", b"", 65536)
    assert repr(memory) == "<memory of a guest: 65536 bytes>"


@pytest.mark.parametrize(
    ("address", "size", "words"),
    [
        (65536, 1, "does not hold 1 byte at 65536"),
        (65530, 10, "does not hold 10 bytes at 65530"),
        (-1, 1, "does not hold 1 byte at -1"),
        (0, -1, "does not hold -1 bytes at 0"),
        (5, 2**63, "does not hold a far too large number bytes at 5"),
        (2**31, 1, "does not hold 1 byte at 2147483648"),
        (-(2**40), 1, "does not hold 1 byte at -1099511627776"),
        (2**64 + 16, 1, "does not hold 1 byte at a far too large number"),
    ],
)
def test_nothing_reaches_beyond_the_end(guest, address, size, words):
    with pytest.raises(IndexError) as caught:
        guest.memory.read(address, size)
    assert str(caught.value) == f"the guest's memory of 65536 bytes {words}"


def test_a_write_beyond_the_end_writes_nothing(guest):
    with pytest.raises(IndexError):
        guest.memory.write(65535, b"ab")
    assert guest.memory.read(65535, 1) == b"\0"


@pytest.mark.parametrize("given", [("16", 5), (16, 5.0), (None, 1)])
def test_an_address_is_a_whole_number(guest, given):
    with pytest.raises((TypeError, AttributeError)):
        guest.memory.read(*given)


def test_what_is_written_has_to_be_bytes(guest):
    with pytest.raises(TypeError):
        guest.memory.write(0, "text")


def test_memory_grows_under_our_hands(guest):
    memory = guest.memory
    assert memory.read(65535, 1) == b"\0"
    assert guest.grow(2) == 1
    memory.write(3 * 65536 - 1, b"x")
    assert (memory.read(3 * 65536 - 1, 1), len(memory)) == (b"x", 3 * 65536)
    with pytest.raises(IndexError):
        memory.read(3 * 65536, 1)


def test_an_empty_memory(guest):
    other = guest["other"]
    assert (len(other), other.read(0, 0), bytes(other.view())) == (0, b"", b"")
    with pytest.raises(IndexError):
        other.read(0, 1)


def test_a_view_is_the_memory_itself(guest):
    view = guest.memory.view()
    view[16:18] = b"yo"
    assert guest.memory.read(16, 5) == b"yollo"
    guest.memory.write(20, b"!")
    assert bytes(view[16:21]) == b"yoll!"
    guest.grow(1)
    assert len(view) == 65536
    assert len(guest.memory.view()) == 2 * 65536


def test_a_trapped_guest_can_still_be_looked_at(guest):
    with pytest.raises(wherever.Trapped):
        guest.boom()
    assert guest.memory.read(16, 5) == b"hello"


def test_a_closed_guest_has_no_memory(guest):
    memory = guest.memory
    assert memory.read(16, 5) == b"hello"
    guest.close()
    for use in (
        lambda: memory.read(16, 5),
        lambda: memory.write(16, b"x"),
        memory.view,
        lambda: len(memory),
        lambda: guest["memory"],
    ):
        with pytest.raises(wherever.InputError, match="this guest was closed"):
            use()
    assert repr(memory) == "<memory of a guest: closed>"


def test_a_view_outlives_its_guest(guest):
    """The attack: a view of memory that was given back to the system."""
    view = guest.memory.view()
    part = view[16:21]
    store = guest._guest.gate.store
    guest.close()
    assert store.pointer
    del view
    assert bytes(part) == b"hello"
    part[:] = b"12345"
    assert bytes(part) == b"12345"
    del part
    assert not store.pointer


def test_a_view_outlives_a_guest_that_nobody_closed(way):
    view = wherever.load(TEXT).memory.view()
    assert bytes(view[16:21]) == b"hello"


HAMMER = """
    import threading
    import wherever
    from wherever.engine import fast
    if {plain}:
        fast.use(None)
    text = {text!r}
    for turn in range(40):
        guest = wherever.load(text)
        memory = guest.memory
        views = [memory.view() for _ in range(3)]
        def use():
            try:
                while True:
                    memory.write(100, memory.read(16, 5))
                    guest.grow(1)
                    views.append(memory.view())
            except (wherever.WhereverError, IndexError):
                pass
        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        guest.close()
        for thread in threads:
            thread.join()
        assert all(view[16] == 104 for view in views)
    print("alive")
"""


@pytest.mark.parametrize("way", WAYS)
def test_closing_while_threads_read_write_and_view_ends_no_process(way):
    code = textwrap.dedent(HAMMER).format(plain=way == "ctypes", text=TEXT)
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=18
    )
    assert (done.stderr, done.stdout) == ("", "alive\n")


def test_reading_waits_for_the_call_of_another_thread(way):
    with wherever.load(TEXT, timeout=0.3) as guest:
        memory = guest.memory
        entered = threading.Event()

        def spin():
            entered.set()
            with pytest.raises(wherever.LimitReached):
                guest.spin()

        thread = threading.Thread(target=spin)
        thread.start()
        entered.wait()
        assert memory.read(16, 5) == b"hello"
        thread.join()
