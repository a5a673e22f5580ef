import hostile.*;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** How each attack ends in Java. */
public class Told {
    static final String PLAIN =
            "trap zero spin recurse grow wild-read wild-write wild-call far-string long-string"
            + " torn-string surrogate far-list wrapping-list odd-list far-result odd-result"
            + " inner-string bomb bad-enum bad-option bad-case bad-variant bad-char half-char"
            + " forged given-twice dropped-twice not-there late-call tell-far tell-torn tell-nobody";

    static Library opened() {
        Options options = new Options().timeout(Duration.ofSeconds(1)).memoryLimit(16 << 20);
        return new Library(options, new Imports().note(text -> text.length()).name(() -> "a host"));
    }

    static HostSink sink() {
        return text -> text.length();
    }

    static void plain(Library library, String label) {
        StringBuilder name = new StringBuilder();
        for (String word : label.split("-"))
            name.append(name.isEmpty() ? word : word.substring(0, 1).toUpperCase() + word.substring(1));
        try {
            Library.class.getMethod(name.toString()).invoke(library);
        } catch (java.lang.reflect.InvocationTargetException error) {
            if (error.getCause() instanceof RuntimeException found) throw found;
            throw new AssertionError(error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new AssertionError(error);
        }
    }

    static Map<String, Consumer<Library>> attacks() {
        Map<String, Consumer<Library>> all = new LinkedHashMap<>();
        for (String label : PLAIN.split(" ")) all.put(label, library -> plain(library, label));
        all.put("confused", library -> library.confused(sink()));
        all.put("kept borrow", library -> library.keptBorrow(sink()));
        all.put("late borrow", library -> {
            library.lent(sink());
            library.lateBorrow();
        });
        all.put("owned twice", library -> library.ownedTwice(sink()));
        String[] ways = {"far", "odd", "endless", "trapping", "calling"};
        for (int at = 0; at < ways.length; at++) {
            int number = at + 1;
            all.put(ways[at] + " room", library -> {
                library.sly(number);
                library.take(new long[] {1, 2, 3});
            });
            if (number == 2) continue; // which no string can be
            all.put(ways[at] + " room for the host", library -> {
                library.sly(number);
                library.ask();
            });
        }
        all.put("trapping destructor", library -> new Thing(library, 13).close());
        all.put("endless destructor", library -> new Thing(library, 14).close());
        return all;
    }

    static String how(Runnable call) {
        try {
            call.run();
            return "not refused";
        } catch (LibraryException.Timeout error) {
            return "out of time";
        } catch (LibraryException error) {
            return "an error";
        }
    }

    static String ended(Library library) {
        try {
            return "goes on: " + library.well("fine");
        } catch (LibraryException.Ended error) {
            return "ended";
        }
    }

    public static void main(String[] args) {
        Library first = opened();
        attacks().forEach((label, attack) -> {
            String end, after, then;
            try (Library library = opened()) {
                end = how(() -> attack.accept(library)) + ", ";
                after = ended(library);
            }
            try (Library other = opened()) {
                then = other.well("fine");
            }
            if (label.endsWith("destructor")) end = ""; // no language's can tell how they ended
            System.out.println(label + ": " + end + after + ", then " + then);
        });
        System.out.println("the first: " + first.well("fine"));
        first.close();
    }
}
