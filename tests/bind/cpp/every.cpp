// Calls everything of the library `every`, and says what comes of it.
#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <thread>
#include "every.hpp"

using namespace every;
using std::cout;

static int sinks, answer;

struct Sink : HostSink {
    std::string name;
    std::uint32_t bytes = 0;
    explicit Sink(std::string name) : name(std::move(name)) { sinks++; }
    ~Sink() override { sinks--; }
    std::uint32_t write(std::vector<std::uint8_t> data) override
    {
        return bytes += static_cast<std::uint32_t>(data.size());
    }
};

template <class F> std::string name_of(F call)
{
    try {
        call();
    } catch (const Trap &) {
        return "Trap";
    } catch (const Timeout &) {
        return "Timeout";
    } catch (const Interrupted &) {
        return "Interrupted";
    } catch (const Stack &) {
        return "Stack";
    } catch (const Invalid &) {
        return "Invalid";
    } catch (const Exit &) {
        return "Exit";
    } catch (const Ended &) {
        return "Ended";
    } catch (const Busy &) {
        return "Busy";
    } catch (const Argument &) {
        return "Argument";
    } catch (const std::exception &error) {
        return error.what();
    }
    return "nothing";
}

static std::string told(const ValuesColour &colour)
{
    static const char *const names[] = {"red", "green", "blue"};
    return names[static_cast<int>(colour)];
}

struct Tell {
    std::ostringstream &to;
    void operator()(const ValuesShapeEmpty &) { to << "empty"; }
    void operator()(const ValuesShapeCircle &circle) { to << "circle " << circle.value; }
    void operator()(const ValuesShapeBox &box)
    {
        auto &[a, b] = box.value;
        to << "box " << a.x << " " << a.y << " " << b.x << " " << b.y;
    }
    void operator()(const ValuesShapeLabel &label) { to << "label " << label.value; }
    void operator()(const ValuesShapeTint &tint) { to << "tint " << told(tint.value); }
    void operator()(const ValuesOddA &odd) { to << "a " << odd.value; }
    void operator()(const ValuesOddB &odd) { to << "b " << odd.value; }
    void operator()(const ValuesOddC &odd) { to << "c " << odd.value; }
    void operator()(const ValuesOddD &odd)
    {
        to << "d";
        for (auto each : odd.value)
            to << " " << each;
    }
};

int main()
{
    std::string printed;
    Library *itself = nullptr;
    Options options;
    options.memory_limit = 64 << 20;
    options.output = [&](int, std::string_view text) { printed += text; };
    Imports imports;
    imports.sink_new = [](std::string name) { return std::make_shared<Sink>(std::move(name)); };
    imports.log = [&](std::uint8_t, std::string text) -> std::uint32_t {
        if (answer == 1)
            throw std::runtime_error("no disk");
        if (answer == 2)
            itself->values().add(1, 2);
        if (text.size() > 3)
            throw Failure<std::string>(std::to_string(text.size()) + " are too many");
        return 7;
    };
    imports.pick = [](std::vector<std::string> from) {
        return from.empty() ? std::nullopt : std::optional(from.back());
    };
    Library library(options, imports);
    itself = &library;
    auto v = library.values();
    auto h = library.hostile();

    cout << "string: " << v.echo_string("grüß dich 🌍") << "\n";
    cout << "no letters:" << v.echo_string("") << "\n";
    std::vector<std::uint8_t> big(1 << 20);
    for (std::size_t at = 0; at < big.size(); at++)
        big[at] = static_cast<std::uint8_t>(at * 7);
    auto bytes = v.echo_bytes(big);
    cout << "bytes: " << bytes.size() << ", " << int(bytes.back()) << "\n";
    ValuesMixed mixed{true, 200, UINT64_MAX, 1.5f, -0.25, U'\U0001f60d', "name", {-3, INT32_MIN}};
    auto back = v.echo_mixed(mixed);
    cout << "mixed: " << std::boolalpha << back.flag << " " << int(back.small) << " " << back.wide
         << " " << back.ratio << " " << back.exact << " " << std::uint32_t(back.letter) << " "
         << back.name << " " << back.where.x << " " << back.where.y << "\n";
    cout << "colour: " << told(v.echo_colour(ValuesColour::blue)) << "\n";
    auto rights = v.echo_rights(ValuesRights::read | ValuesRights::run);
    cout << "rights:";
    if ((rights & ValuesRights::read) != ValuesRights::none)
        cout << " read";
    if ((rights & ValuesRights::write) != ValuesRights::none)
        cout << " write";
    if ((rights & ValuesRights::run) != ValuesRights::none)
        cout << " run";
    cout << "\n";
    std::ostringstream shapes, odds;
    const ValuesShape all[] = {ValuesShapeEmpty{}, ValuesShapeCircle{2.5},
        ValuesShapeBox{{{1, 2}, {3, 4}}}, ValuesShapeLabel{"here"},
        ValuesShapeTint{ValuesColour::green}};
    for (auto &each : all) {
        shapes << (&each == all ? "" : ", ");
        std::visit(Tell{shapes}, v.echo_shape(each));
    }
    cout << "shapes: " << shapes.str() << "\n";
    const ValuesOdd odd[] = {
        ValuesOddA{-0.25f}, ValuesOddB{1ull << 63}, ValuesOddC{"odd"}, ValuesOddD{{1, 2, 65535}}};
    for (auto &each : odd) {
        odds << (&each == odd ? "" : ", ");
        std::visit(Tell{odds}, v.echo_odd(each));
    }
    cout << "odd: " << odds.str() << "\n";
    auto floats = v.echo_floats({0.5, NAN, -INFINITY});
    cout << "floats: " << floats.size() << ", " << floats[0] << ", "
         << (std::isnan(floats[1]) ? "nan" : "a number") << "\n";
    auto points = v.echo_points({{1, -1}, {2, -2}});
    cout << "points: " << points[0].x << " " << points[0].y << ", " << points[1].x << " "
         << points[1].y << "\n";
    auto names = v.echo_names({"a", "", "ccc"});
    cout << "names: " << names[0] << "," << names[1] << "," << names[2] << "\n";
    auto nested = v.echo_nested({{"in", std::nullopt}, {}});
    cout << "nested: [" << *nested[0][0] << (nested[0][1] ? " some" : " none") << "] ["
         << (nested[1].empty() ? "" : "?") << "]\n";
    auto some = v.echo_option(std::optional<std::uint32_t>(9));
    auto inner = v.echo_option(std::make_optional(std::optional<std::uint32_t>()));
    cout << "option: some " << **some << ", " << (inner && !*inner ? "some none" : "?") << ", "
         << (v.echo_option(std::nullopt) ? "?" : "none") << "\n";
    cout << "divide: " << v.divide(INT64_MIN, 2) << "\n";
    cout << "divide by zero: " << name_of([&] { v.divide(1, 0); }) << "\n";
    v.check(true);
    try {
        v.check(false);
    } catch (const Failure<ValuesColour> &error) {
        cout << "check: " << told(error.value) << "\n";
    }
    cout << "many: "
         << v.many(1, -2, 3, -4, 5, -6, 7, -8, 0.5f, 0.25, true, U'l', "m", "nn", 15) << "\n";
    v.nothing();
    v.say("hello");
    cout << "printed: " << printed;
    cout << "ask: " << v.ask("one") << "\n";
    cout << "ask too much: " << v.ask("three") << "\n";
    std::vector<std::string> two{"a", "b"};
    cout << "choose: " << *v.choose(two) << ", " << (v.choose({}) ? "?" : "none") << "\n";
    cout << "store: " << v.store("file", std::string("abc")) << "\n";
    std::shared_ptr<HostSink> mine = std::make_shared<Sink>("mine");
    cout << "feed: " << v.feed(mine, std::string("abcd")) << "\n";
    mine = v.give_back(std::move(mine));
    cout << "given back: " << static_cast<Sink &>(*mine).name << "\n";
    mine.reset();
    cout << "sinks left: " << sinks << "\n";
    answer = 1;
    cout << "callback: " << name_of([&] { v.ask("x"); }) << "\n";
    cout << "ended: " << name_of([&] { v.ask("x"); }) << "\n";
    library.reset();
    answer = 2;
    cout << "callback again: " << name_of([&] { v.ask("x"); }) << "\n";
    library.reset();
    answer = 0;

    {
        ValuesCounter one(library, 5), other(library, 10);
        cout << "counters: " << one.up(2) << " " << one.peek(other) << " ";
        auto both = ValuesCounter::merge(library, std::move(one), std::move(other));
        cout << both.up(0) << "\n";
        cout << "given away: " << name_of([&] { one.up(1); }) << "\n";
        cout << "alive: " << v.live();
    }
    cout << " " << v.live() << "\n";
    ValuesCounter old(library, 1);
    library.reset();
    ValuesCounter fresh(library, 1);
    cout << "before a reset: " << name_of([&] { old.up(1); }) << "\n";

    auto ends = [&](const char *what, auto call) {
        cout << what << ": " << name_of(call) << "\n";
        library.reset();
    };
    ends("trap", [&] { h.trap(); });
    ends("zero", [&] { h.zero(1); });
    library.set_timeout(std::chrono::milliseconds(50));
    ends("spin", [&] { h.spin(); });
    library.set_timeout({});
    ends("interrupted", [&] {
        std::thread other([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            library.interrupt();
        });
        struct Join {
            std::thread &thread;
            ~Join() { thread.join(); }
        } join{other};
        h.spin();
    });
    ends("recurse", [&] { h.recurse(1 << 30); });
    cout << "hoard: " << (h.hoard() < 64 << 20 ? "limited" : "?") << "\n";
    library.reset();
    ends("far string", [&] { h.far_string(); });
    ends("long string", [&] { h.long_string(); });
    ends("bad string", [&] { h.bad_string(); });
    ends("many strings", [&] { h.many_strings(); });
    ends("bad case", [&] { h.bad_case(); });
    ends("bad char", [&] { h.bad_char(); });
    ends("bad handle", [&] { h.bad_handle(); });
    ends("leave", [&] { h.leave(3); });
    ends("wild", [&] { h.wild_write(0x7fffffff); });
    ValuesCounter counter(library, 0);
    std::vector<std::thread> threads;
    for (int each = 0; each < 4; each++)
        threads.emplace_back([&] {
            for (int at = 0; at < 2000; at++)
                counter.up(1);
        });
    for (auto &each : threads)
        each.join();
    cout << "threads: " << counter.up(0) << "\n";
}
