import border.Imports;
import border.Library;
import border.Options;
import border.Point;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongUnaryOperator;

public class Main {
    static volatile Object kept;

    static long processor() {
        var system = ManagementFactory.getOperatingSystemMXBean();
        return ((com.sun.management.OperatingSystemMXBean) system).getProcessCpuTime();
    }

    static long took(Runnable call, long count) {
        long begun = System.nanoTime();
        for (long each = 0; each < count; each++) call.run();
        return System.nanoTime() - begun;
    }

    static void turns(String work, Runnable ours, Runnable plain) {
        Runnable[] ways = {ours, plain};
        String[] names = {"ours", "plain"};
        long[] often = new long[2];
        for (int at = 0; at < 2; at++) {
            took(ways[at], 1);
            for (long end = System.nanoTime() + 200_000_000; System.nanoTime() < end; )
                ways[at].run(); // until the compiler has seen it often enough
            often[at] = 1;
            while (took(ways[at], often[at]) < 1_000_000) often[at] *= 2;
            often[at] *= 4;
        }
        for (int round = 0; round < 7; round++) {
            for (int at = 0; at < 2; at++) {
                long cpu = processor();
                double wall = (double) took(ways[at], often[at]) / often[at] * 1e-9;
                double used = (double) (processor() - cpu) / often[at] * 1e-9;
                System.out.printf(Locale.ROOT, "%s\t%s\t%.12f\t%.12f%n", work, names[at], wall, used);
            }
        }
    }

    static double sum(double[] of) {
        double sum = 0;
        for (double each : of) sum += each;
        return sum;
    }

    static long total(List<Point> of) {
        long sum = 0;
        for (Point each : of) sum += each.n();
        return sum;
    }

    public static void main(String[] args) {
        Options options = new Options().timeout(Duration.ofMinutes(1));
        String shorter = "x".repeat(100), longer = "x".repeat(100_000);
        byte[] bytes = new byte[1 << 20];
        double[] floats = new double[100_000];
        List<Point> points = new ArrayList<>();
        for (int each = 0; each < bytes.length; each++) bytes[each] = (byte) each;
        for (int each = 0; each < floats.length; each++) floats[each] = each;
        for (int each = 0; each < 1000; each++) points.add(new Point(1, 2, each));
        LongUnaryOperator twice = n -> 2 * n;
        try (Library lib = new Library(options, new Imports().double_(n -> 2 * n))) {
            turns("no arguments", lib::nothing, () -> {});
            turns("two integers", () -> kept = lib.add(1, 2), () -> kept = Math.addExact(1L, 2L));
            turns("text of 100 bytes", () -> kept = lib.text(shorter),
                    () -> kept = new String(shorter.toCharArray()));
            turns("text of 100 KB", () -> kept = lib.text(longer),
                    () -> kept = new String(longer.toCharArray()));
            turns("1 MiB of bytes", () -> kept = lib.bytes(bytes), () -> kept = bytes.clone());
            turns("100,000 floats", () -> kept = lib.sum(floats), () -> kept = sum(floats));
            turns("1,000 records", () -> kept = lib.points(points), () -> kept = total(points));
            turns("a callback", () -> kept = lib.callback(21), () -> kept = twice.applyAsLong(21));
        }
    }
}
