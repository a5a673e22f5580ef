package LIB;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/** The functions of C that everything else stands on. */
final class Native {
    static {
        load();
        if (begin() != 0) throw new ExceptionInInitializerError("the library does not fit this Java");
    }

    private Native() {}

    private static void load() {
        String named = System.getProperty("LIB.library");
        if (named != null) {
            System.load(named);
            return;
        }
        boolean isMac = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
        String machine = System.getProperty("os.arch").replace("amd64", "x86_64");
        String place =
                (isMac ? "macos-" : "linux-") + machine.replace("arm64", "aarch64")
                        + (isMac ? "/libLIB.dylib" : "/libLIB.so");
        try (InputStream from = Native.class.getResourceAsStream(place)) {
            if (from == null) throw new UnsatisfiedLinkError("there is no " + place + " beside the classes");
            Path file = Files.createTempFile("libLIB", ".so");
            try {
                Files.copy(from, file, StandardCopyOption.REPLACE_EXISTING);
                System.load(file.toString());
            } finally {
                Files.delete(file);
            }
        } catch (IOException error) {
            throw new UnsatisfiedLinkError(error.toString());
        }
    }

    static native int begin();

    static native int call(int number, long handle, long args);

    static native int open(
            long memory, long stack, int timeout, boolean prints, long context, long given, long found);

    static native int control(long handle, long what);

    static native long message(long handle);

    static native int fail(long handle, long text);

    static native long alloc(long handle, long size);

    static native long malloc(long size);

    static native void free(long at);

    private static native ByteBuffer at(long at, long size);

    static native void read(long at, byte[] to);

    static native void write(long at, byte[] from);

    static ByteBuffer bytes(long at, long size) {
        if (size == 0) return ByteBuffer.allocate(0);
        return at(at, size).order(ByteOrder.nativeOrder());
    }

    // What C calls:

    static int called(long context, int number, long args, long result) {
        State state = State.ALL.get(context);
        try {
            Callbacks.call(new Given(state), number, args, result);
            return 0;
        } catch (Throwable error) {
            state.thrown = error;
            Given given = new Given(state);
            byte[] text = (error + "\0").getBytes(StandardCharsets.UTF_8);
            Given.Room room = given.room(text.length);
            write(room.address(), text);
            return fail(state.handle, room.address());
        }
    }

    static int dropped(long context, long number) {
        State.ALL.get(context).lent.remove(number);
        return 0;
    }

    static int printed(long context, int stream, long data, long length) {
        byte[] text = new byte[(int) length];
        read(data, text);
        State.ALL.get(context).options.output.print(stream, text);
        return 0;
    }
}
