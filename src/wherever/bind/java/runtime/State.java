package LIB;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** One instance as its C has it. */
final class State implements Runnable {
    static final Map<Long, State> ALL = new ConcurrentHashMap<>();
    private static final AtomicLong LAST = new AtomicLong();
    static final int CHUNK = 16 << 10;

    record Dropped(int number, long id, long turn) {}

    final long context = LAST.incrementAndGet();
    final Imports imports;
    final Options options;
    final ReentrantLock lock = new ReentrantLock();
    final Object closing = new Object();
    final Map<Long, Object> lent = new HashMap<>();
    final List<Dropped> drops = new ArrayList<>();
    final long chunk = Native.malloc(CHUNK);
    final ByteBuffer chunkBytes = Native.bytes(chunk, CHUNK);
    long handle;
    long turn = 1;
    long last;
    Library current;
    Throwable thrown;

    State(Options options, Imports imports) {
        this.options = options;
        this.imports = imports;
        ALL.put(context, this);
        int code =
                Native.open(
                        options.memoryLimit,
                        options.stackLimit,
                        millis(options.timeout),
                        options.output != null,
                        context,
                        imports.given(),
                        chunk);
        handle = chunkBytes.getLong(0);
        if (code != 0) {
            handle = 0;
            byte[] message = new byte[256];
            Native.read(chunk + 8, message);
            free();
            raise();
            throw LibraryException.of(code, textTo0(message));
        }
    }

    static int millis(java.time.Duration time) {
        return (int) Math.max(0, Math.min(Integer.MAX_VALUE, time.toMillis()));
    }

    static String textTo0(byte[] bytes) {
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) length++;
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private void free() {
        ALL.remove(context);
        Native.free(chunk);
    }

    /** Closes it. */
    @Override
    public void run() {
        if (lock.isHeldByCurrentThread())
            throw LibraryException.of(LibraryException.BUSY, "a callback closed the library that called it");
        lock.lock();
        try {
            synchronized (closing) {
                if (handle == 0) return;
                Native.control(handle, 0);
                handle = 0;
                free();
            }
        } finally {
            lock.unlock();
        }
    }

    void interrupt() {
        synchronized (closing) {
            if (handle != 0) Native.control(handle, 2);
        }
    }

    /** What a callback threw comes out of the call. */
    void raise() {
        Throwable found = thrown;
        thrown = null;
        if (found != null) State.<RuntimeException>sneak(found);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable found) throws T {
        throw (T) found;
    }

    void dropLater(int number, long id, long of) {
        synchronized (drops) {
            drops.add(new Dropped(number, id, of));
        }
        if (!lock.isHeldByCurrentThread() && lock.tryLock()) {
            try {
                dropNow();
            } finally {
                lock.unlock();
            }
        }
    }

    void dropNow() {
        List<Dropped> all;
        synchronized (drops) {
            if (drops.isEmpty()) return;
            all = List.copyOf(drops);
            drops.clear();
        }
        for (Dropped each : all) if (each.turn == turn && handle != 0) drop(each.number, each.id);
    }

    int drop(int number, long id) {
        chunkBytes.putLong(0, id);
        return Native.call(number, handle, chunk);
    }

    Object lentAs(long number, boolean own) {
        Object found = own ? lent.remove(number) : lent.get(number);
        if (found == null)
            throw LibraryException.of(
                    LibraryException.INVALID, "the library used a resource that is not there any more");
        return found;
    }

    static String text(ByteBuffer from, int at) {
        byte[] bytes = new byte[(int) from.getLong(at + 8)];
        Native.read(from.getLong(at), bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static ByteBuffer list(ByteBuffer from, int at, int size) {
        return Native.bytes(from.getLong(at), Math.multiplyExact(from.getLong(at + 8), (long) size));
    }

    static byte[] utf8(String text) {
        try {
            ByteBuffer made = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[made.remaining()];
            made.get(bytes);
            return bytes;
        } catch (CharacterCodingException error) {
            throw LibraryException.of(LibraryException.ARGUMENT, "a string has half a surrogate pair");
        }
    }

    static long in(long value, long most) {
        if (value < 0 || value > most)
            throw LibraryException.of(LibraryException.ARGUMENT, value + " is not within 0 and " + most);
        return value;
    }
}
