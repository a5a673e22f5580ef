import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import market.*;

/** What a market tells a program in Java. */
public class Told {
    static final Map<String, Long> PRICES = Map.of("tea", 250L, "gold", 900000000001L);
    static PrintStream out;

    static void line(String label, String text) {
        out.println((label + ": " + text).stripTrailing());
    }

    static Item some(String name, long count) {
        return new Item(name, count, Optional.empty(), Set.of());
    }

    static String word(Enum<?> of) {
        return of.name().toLowerCase().replace('_', '-');
    }

    static String shown(Item item) {
        String size = item.size().map(Told::word).orElse("no size");
        String text = item.count() + " " + item.name() + ", " + size;
        for (Service each : Service.values())
            if (item.service().contains(each)) text += ", " + word(each);
        return text;
    }

    static String all(List<Item> items) {
        return items.stream().map(Told::shown).collect(Collectors.joining("; "));
    }

    static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }

    static String shape(Shape shape) {
        if (shape instanceof Shape.Square square) return "square " + number(square.value());
        if (shape instanceof Shape.Box box)
            return "box " + number(box.value().f0()) + " by " + number(box.value().f1());
        return "dot";
    }

    static String cost(LongSupplier call) {
        try {
            return String.valueOf(call.getAsLong());
        } catch (TroubleException error) {
            if (error.value() instanceof Trouble.Priceless found)
                return "priceless " + found.value().name() + ": " + found.value().reason();
            return error.value() instanceof Trouble.Empty ? "empty" : "too-much";
        }
    }

    static String refused(Supplier<String> call) {
        try {
            return "not refused: " + call.get();
        } catch (LibraryException.Argument error) {
            return "refused";
        }
    }

    static String hex(byte[] data) {
        StringBuilder text = new StringBuilder();
        for (byte each : data) text.append(String.format("%02x", each));
        return text.toString();
    }

    public static void main(String[] args) throws Exception {
        out = new PrintStream(System.out, true, "UTF-8");
        Imports imports =
                new Imports()
                        .price(
                                name -> {
                                    if (!PRICES.containsKey(name))
                                        throw new StringException("we have no " + name);
                                    return PRICES.get(name);
                                });
        try (Library lib = new Library(new Options().timeout(Duration.ofSeconds(30)), imports)) {
            told(lib);
        }
    }

    static void told(Library lib) {
        line("greet someone", lib.greet(Optional.of("Zażółć 🙂")));
        line("greet nobody", lib.greet(Optional.empty()));
        line("greet no letters", lib.greet(Optional.of("")));
        line("words", lib.words("one  żółć 🙂 ").stream()
                .map(each -> "[" + each + "]").collect(Collectors.joining(" ")));
        line("find", String.valueOf(lib.find(List.of("a", "", "żółć", "żółć"), "żółć").get()));
        line("find nothing", lib.find(List.of(), "").isPresent() ? "some" : "none");
        line("reverse", hex(lib.reverse(new byte[] {-1, 2, 1, 0, -128, -2})));
        line("reverse nothing", hex(lib.reverse(new byte[0])));
        byte[] much = new byte[100_000];
        for (int at = 0; at < much.length; at++) much[at] = (byte) (at % 251);
        much = lib.reverse(much);
        line("reverse much", much.length + " bytes, " + much[10] + " at 10");
        long least = Long.MIN_VALUE;
        line("sum", String.valueOf(lib.sum(new long[] {1L << 62, -3, 4})));
        line("sum of the least", String.valueOf(lib.sum(new long[] {least})));
        line("sum of nothing", String.valueOf(lib.sum(new long[0])));
        line("mean", String.valueOf(lib.mean(new double[] {1.5, 2.25, 3}).get()));
        line("mean of nothing", lib.mean(new double[0]).isPresent() ? "some" : "none");
        line("number", String.valueOf(lib.number("123456789")));
        try {
            line("no number", String.valueOf(lib.number("12x")));
        } catch (StringException error) {
            line("no number", error.value());
        }
        Item once =
                lib.change(new Item("tea", 2, Optional.empty(), EnumSet.of(Service.GIFT_WRAPPED)));
        line("change", shown(once));
        line("change again", shown(lib.change(once)));
        line("change back",
                shown(lib.change(new Item("żółć", 0, Optional.of(Size.VERY_LARGE), Set.of()))));
        Item third = new Item("c", 3, Optional.of(Size.SMALL), Set.of());
        line("sorted", all(lib.sorted(List.of(some("a", 2), some("b", 3), third))));
        line("sorted nothing", all(lib.sorted(List.of())));
        line("area", List.of(new Shape.Dot(), new Shape.Square(2.5), new Shape.Box(new Tuple2<>(1.5, 2.0)))
                .stream().map(each -> number(lib.area(each))).collect(Collectors.joining(", ")));
        line("stretch", shape(lib.stretch(new Shape.Dot(), 1.5)) + ", "
                + shape(lib.stretch(new Shape.Square(2), 1.5)) + ", "
                + shape(lib.stretch(new Shape.Box(new Tuple2<>(4.0, 0.25)), 2.5)));
        line("cost", cost(() -> lib.cost(some("tea", 2))));
        line("cost beyond 32 bits", cost(() -> lib.cost(some("gold", 1))));
        line("cost of what is not there", cost(() -> lib.cost(some("silk", 1))));
        line("cost of too much", cost(() -> lib.cost(some("gold", 2))));
        Basket ann = new Basket(lib, "Ann"), bob = new Basket(lib, "Bob");
        line("empty basket", cost(ann::total));
        Item tea = new Item("tea", 2, Optional.of(Size.VERY_LARGE), Set.of(Service.BY_POST));
        line("put", ann.put(tea) + ", " + ann.put(some("gold", 1)));
        line("items", all(ann.items()));
        line("total", cost(ann::total));
        bob.put(some("silk", 1));
        line("other total", cost(bob::total));
        line("fuller", lib.fuller(bob, ann));
        try (Basket both = Basket.merge(lib, ann, bob)) {
            line("merged", both.label());
        }
        bob.close();
        line("closed", refused(bob::label));
        line("gone", String.valueOf(lib.gone()));
        line("sold", lib.sell(ann));
        line("given away", refused(ann::label));
        line("gone when sold", String.valueOf(lib.gone()));
    }
}
