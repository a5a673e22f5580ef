package LIB;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What is given in one call, or by one callback. */
final class Given implements AutoCloseable {
    /** Something that is the library's when a call went well. */
    interface Gift {
        void gone();
    }

    record Room(ByteBuffer bytes, int at, long address) {}

    final State state;
    private final boolean isCallback;
    private int used;
    private boolean isCalled;
    private final List<Long> kept = new ArrayList<>(0), borrowed = new ArrayList<>(0);
    private final List<Long> owned = new ArrayList<>(0);
    private final List<Gift> gifts = new ArrayList<>(0);

    /** In a callback. */
    Given(State state) {
        this.state = state;
        this.isCallback = true;
    }

    /** A call: other threads wait for it, a callback of its own is refused. */
    Given(Library library) {
        state = library.state;
        isCallback = false;
        if (state.lock.isHeldByCurrentThread())
            throw LibraryException.of(
                    LibraryException.BUSY, "a callback called the library that called it");
        state.lock.lock();
        if (state.handle == 0) {
            state.lock.unlock();
            throw LibraryException.of(LibraryException.CLOSED, "the library is closed");
        }
        state.dropNow();
        state.current = library;
    }

    @Override
    public void close() {
        for (long each : kept) Native.free(each);
        for (long each : borrowed) state.lent.remove(each);
        if (!isCalled) forget();
        state.current = null;
        state.lock.unlock();
    }

    private void forget() {
        for (long each : owned) state.lent.remove(each);
    }

    void call(int number, Room args) {
        check(Native.call(number, state.handle, args.address));
    }

    void check(int code) {
        isCalled = true;
        if (code != LibraryException.ARGUMENT) for (Gift each : gifts) each.gone();
        if (code == 0) return;
        forget();
        state.raise();
        byte[] message = new byte[256];
        Native.read(Native.message(state.handle), message);
        throw LibraryException.of(code, State.textTo0(message));
    }

    /** Memory, all bytes of which are 0. */
    Room room(long size) {
        if (size > Integer.MAX_VALUE - 16)
            throw LibraryException.of(LibraryException.ARGUMENT, "that is more than can be given");
        int length = (int) (size + 15) & ~15;
        if (!isCallback && length <= State.CHUNK - used) {
            int at = used;
            used += length;
            for (int each = at; each < at + length; each += 8) state.chunkBytes.putLong(each, 0);
            return new Room(state.chunkBytes, at, state.chunk + at);
        }
        long address = isCallback ? Native.alloc(state.handle, length) : Native.malloc(length);
        if (address == 0) throw new OutOfMemoryError("for " + size + " bytes");
        ByteBuffer bytes = Native.bytes(address, length);
        if (isCallback) for (int each = 0; each < length; each += 8) bytes.putLong(each, 0);
        else kept.add(address);
        return new Room(bytes, 0, address);
    }

    /** A string or a list of bytes. */
    void bytes(byte[] from, ByteBuffer to, int at) {
        long address = 0;
        if (from.length != 0) {
            address = isCallback || from.length <= 256 ? room(from.length).address : keep(from.length);
            Native.write(address, from);
        }
        to.putLong(at, address);
        to.putLong(at + 8, from.length);
    }

    private long keep(int length) {
        long address = Native.malloc(length);
        if (address == 0) throw new OutOfMemoryError("for " + length + " bytes");
        kept.add(address);
        return address;
    }

    void text(String from, ByteBuffer to, int at) {
        bytes(State.utf8(from), to, at);
    }

    long host(Object what, boolean own) {
        if (what == null)
            throw LibraryException.of(LibraryException.ARGUMENT, "a resource is null");
        long number = ++state.last;
        state.lent.put(number, what);
        (own ? owned : borrowed).add(number);
        return number;
    }

    void gift(Gift what) {
        gifts.add(what);
    }
}
