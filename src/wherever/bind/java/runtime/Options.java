package LIB;

import java.time.Duration;

/** How an instance is limited; 0 is the library's own choice. */
public final class Options {
    /** Gets what the library prints to stdout (1) and stderr (2). */
    public interface Output {
        void print(int stream, byte[] text);
    }

    long memoryLimit;
    long stackLimit;
    Duration timeout = Duration.ZERO;
    Output output;

    /** Bytes of memory that it may have: 1 GiB where nothing is said. */
    public Options memoryLimit(long bytes) {
        memoryLimit = bytes;
        return this;
    }

    /** Bytes of the thread's stack that a call may use: 1 MiB where nothing is said. */
    public Options stackLimit(long bytes) {
        stackLimit = bytes;
        return this;
    }

    /** How long a call may take: as long as it takes, where nothing is said. */
    public Options timeout(Duration time) {
        timeout = time;
        return this;
    }

    /** Gets what the library prints. */
    public Options output(Output to) {
        output = to;
        return this;
    }
}
