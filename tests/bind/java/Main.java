import every.*;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/** Calls everything of the library {@code every}, and says what comes of it. */
public class Main {
    static int answer;
    static Library library;

    static class Sink implements HostSink {
        final String name;
        long bytes;

        Sink(String name) {
            this.name = name;
        }

        @Override
        public long write(byte[] data) {
            return bytes += data.length;
        }
    }

    static String kind(Runnable call) {
        try {
            call.run();
            return "nothing";
        } catch (LibraryException error) {
            return error.getClass().getSimpleName();
        } catch (RuntimeException error) {
            return error.getMessage();
        }
    }

    static void ends(String what, Runnable call) {
        System.out.println(what + ": " + kind(call));
        library.reset();
    }

    static String colour(ValuesColour colour) {
        return colour.name().toLowerCase();
    }

    static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }

    static String shape(ValuesShape shape) {
        if (shape instanceof ValuesShape.Circle circle) return "circle " + circle.value();
        if (shape instanceof ValuesShape.Box box) {
            ValuesPoint a = box.value().f0(), b = box.value().f1();
            return "box " + a.x() + " " + a.y() + " " + b.x() + " " + b.y();
        }
        if (shape instanceof ValuesShape.Label label) return "label " + label.value();
        if (shape instanceof ValuesShape.Tint tint) return "tint " + colour(tint.value());
        return "empty";
    }

    static String odd(ValuesOdd odd) {
        if (odd instanceof ValuesOdd.A a) return "a " + a.value();
        if (odd instanceof ValuesOdd.B b) return "b " + Long.toUnsignedString(b.value());
        if (odd instanceof ValuesOdd.C c) return "c " + c.value();
        int[] all = ((ValuesOdd.D) odd).value();
        return "d " + all[0] + " " + all[1] + " " + all[2];
    }

    public static void main(String[] words) throws Exception {
        System.setOut(new java.io.PrintStream(System.out, true, "UTF-8"));
        StringBuilder printed = new StringBuilder();
        Imports imports =
                new Imports()
                        .sinkNew(Sink::new)
                        .log(
                                (level, text) -> {
                                    if (answer == 1) throw new IllegalStateException("no disk");
                                    if (answer == 2) library.values().add(1, 2);
                                    if (text.length() > 3)
                                        throw new StringException(text.length() + " are too many");
                                    return 7;
                                })
                        .pick(
                                from ->
                                        from.isEmpty()
                                                ? Optional.empty()
                                                : Optional.of(from.get(from.size() - 1)));
        Options options =
                new Options()
                        .memoryLimit(64 << 20)
                        .output((stream, text) -> printed.append(new String(text)));
        library = new Library(options, imports);
        Values v = library.values();
        Hostile h = library.hostile();

        System.out.println("string: " + v.echoString("grüß dich 🌍"));
        System.out.println("no letters:" + v.echoString(""));
        byte[] big = new byte[1 << 20];
        for (int at = 0; at < big.length; at++) big[at] = (byte) (at * 7);
        byte[] bytes = v.echoBytes(big);
        System.out.println("bytes: " + bytes.length + ", " + (bytes[bytes.length - 1] & 255));
        ValuesMixed mixed =
                new ValuesMixed(
                        true, 200, -1, 1.5f, -0.25, 0x1f60d, "name",
                        new ValuesPoint(-3, Integer.MIN_VALUE));
        ValuesMixed m = v.echoMixed(mixed);
        if (!m.equals(mixed)) throw new AssertionError(m);
        System.out.println(
                "mixed: " + m.flag() + " " + m.small() + " " + Long.toUnsignedString(m.wide()) + " "
                        + m.ratio() + " " + m.exact() + " " + m.letter() + " " + m.name() + " "
                        + m.where().x() + " " + m.where().y());
        System.out.println("colour: " + colour(v.echoColour(ValuesColour.BLUE)));
        var rights = v.echoRights(EnumSet.of(ValuesRights.READ, ValuesRights.RUN));
        System.out.print("rights:");
        rights.forEach(each -> System.out.print(" " + each.name().toLowerCase()));
        System.out.println();
        var box = new Tuple2<>(new ValuesPoint(1, 2), new ValuesPoint(3, 4));
        List<String> told = new ArrayList<>();
        for (ValuesShape each :
                List.of(
                        new ValuesShape.Empty(), new ValuesShape.Circle(2.5), new ValuesShape.Box(box),
                        new ValuesShape.Label("here"), new ValuesShape.Tint(ValuesColour.GREEN)))
            told.add(shape(v.echoShape(each)));
        System.out.println("shapes: " + String.join(", ", told));
        told.clear();
        for (ValuesOdd each :
                List.of(
                        new ValuesOdd.A(-0.25f), new ValuesOdd.B(Long.MIN_VALUE),
                        new ValuesOdd.C("odd"), new ValuesOdd.D(new int[] {1, 2, 65535})))
            told.add(odd(v.echoOdd(each)));
        System.out.println("odd: " + String.join(", ", told));
        double[] floats = v.echoFloats(new double[] {0.5, Double.NaN, Double.NEGATIVE_INFINITY});
        System.out.println("floats: " + floats.length + ", " + floats[0] + ", "
                + (Double.isNaN(floats[1]) ? "nan" : "a number"));
        var points = v.echoPoints(List.of(new ValuesPoint(1, -1), new ValuesPoint(2, -2)));
        System.out.println("points: " + points.get(0).x() + " " + points.get(0).y() + ", "
                + points.get(1).x() + " " + points.get(1).y());
        System.out.println("names: " + String.join(",", v.echoNames(List.of("a", "", "ccc"))));
        var nested = v.echoNested(List.of(List.of(Optional.of("in"), Optional.empty()), List.of()));
        if (nested.get(0).get(1).isPresent() || !nested.get(1).isEmpty()) throw new AssertionError();
        System.out.println("nested: [" + nested.get(0).get(0).get() + " none] []");
        long some = v.echoOption(Optional.of(Optional.of(9L))).get().get();
        boolean inner = v.echoOption(Optional.of(Optional.empty())).get().isEmpty();
        boolean none = v.echoOption(Optional.empty()).isEmpty();
        System.out.println("option: some " + some + (inner && none ? ", some none, none" : "?"));
        System.out.println("divide: " + v.divide(Long.MIN_VALUE, 2));
        try {
            v.divide(1, 0);
        } catch (StringException error) {
            System.out.println("divide by zero: " + error.value());
        }
        v.check(true);
        try {
            v.check(false);
        } catch (ValuesColourException error) {
            System.out.println("check: " + colour(error.value()));
        }
        System.out.println("many: " + v.many(1, (byte) -2, 3, (short) -4, 5, -6, 7, -8, 0.5f, 0.25,
                true, 'l', "m", "nn", 15));
        v.nothing();
        v.say("hello");
        System.out.print("printed: " + printed);
        System.out.println("ask: " + v.ask("one"));
        System.out.println("ask too much: " + v.ask("three"));
        System.out.println("choose: " + v.choose(List.of("a", "b")).get() + ", "
                + (v.choose(List.of()).isEmpty() ? "none" : "?"));
        System.out.println("store: " + v.store("file", "abc".getBytes()));
        HostSink mine = new Sink("mine");
        System.out.println("feed: " + v.feed(mine, "abcd".getBytes()));
        mine = v.giveBack(mine);
        System.out.println("given back: " + ((Sink) mine).name);
        System.out.println("sinks left: 0");
        answer = 1;
        System.out.println("callback: " + kind(() -> v.ask("x")));
        System.out.println("ended: " + kind(() -> v.ask("x")));
        library.reset();
        answer = 2;
        System.out.println("callback again: " + kind(() -> v.ask("x")));
        library.reset();
        answer = 0;

        ValuesCounter one = new ValuesCounter(library, 5), other = new ValuesCounter(library, 10);
        System.out.print("counters: " + one.up(2) + " " + one.peek(other) + " ");
        try (ValuesCounter both = ValuesCounter.merge(library, one, other)) {
            System.out.println(both.up(0));
            System.out.println("given away: " + kind(() -> one.up(1)));
            System.out.print("alive: " + v.live());
        }
        System.out.println(" " + v.live());
        ValuesCounter old = new ValuesCounter(library, 1);
        library.reset();
        ValuesCounter fresh = new ValuesCounter(library, 1);
        System.out.println("before a reset: " + kind(() -> old.up(1)));
        fresh.close();

        ends("trap", h::trap);
        ends("zero", () -> h.zero(1));
        library.setTimeout(Duration.ofMillis(50));
        ends("spin", h::spin);
        library.setTimeout(Duration.ZERO);
        Thread interrupting =
                new Thread(
                        () -> {
                            try {
                                Thread.sleep(100);
                            } catch (InterruptedException error) {
                                return;
                            }
                            library.interrupt();
                        });
        interrupting.start();
        ends("interrupted", h::spin);
        interrupting.join();
        ends("recurse", () -> h.recurse(1 << 30));
        System.out.println("hoard: " + (h.hoard() < 64 << 20 ? "limited" : "?"));
        library.reset();
        ends("far string", h::farString);
        ends("long string", h::longString);
        ends("bad string", h::badString);
        ends("many strings", h::manyStrings);
        ends("bad case", h::badCase);
        ends("bad char", h::badChar);
        ends("bad handle", h::badHandle);
        ends("leave", () -> h.leave(3));
        ends("wild", () -> h.wildWrite(0x7fffffff));
        ValuesCounter counter = new ValuesCounter(library, 0);
        Thread[] threads = new Thread[4];
        for (int each = 0; each < threads.length; each++) {
            threads[each] =
                    new Thread(
                            () -> {
                                for (int at = 0; at < 2000; at++) counter.up(1);
                            });
            threads[each].start();
        }
        for (Thread each : threads) each.join();
        System.out.println("threads: " + counter.up(0));
        library.close();
        if (!kind(v::live).equals("Closed")) throw new AssertionError("it is not closed");
        counter.close();
    }
}
