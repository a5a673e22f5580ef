// How each attack ends in C++.
#include <functional>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>
#include "hostile.hpp"

using namespace hostile;
using std::string;

struct Given : HostSink {
    std::uint32_t write(string text) override { return static_cast<std::uint32_t>(text.size()); }
};

using Attack = std::function<void(Library &)>;

static Library opened()
{
    Options options;
    options.memory_limit = 16 << 20;
    options.timeout = std::chrono::seconds(1);
    Imports imports;
    imports.note = [](string text) { return static_cast<std::uint32_t>(text.size()); };
    imports.name = [] { return string("a host"); };
    return Library(options, imports);
}

static string how(const std::function<void()> &call)
{
    try {
        call();
        return "not refused";
    } catch (const Timeout &) {
        return "out of time";
    } catch (const Error &) {
        return "an error";
    }
}

static string ended(Library &library)
{
    try {
        return "goes on: " + library.well("fine");
    } catch (const Ended &) {
        return "ended";
    }
}

#define CALL(label, name) {label, [](Library &lib) { lib.name(); }}

int main()
{
    std::vector<std::pair<string, Attack>> attacks = {
        CALL("trap", trap), CALL("zero", zero), CALL("spin", spin), CALL("recurse", recurse),
        CALL("grow", grow), CALL("wild-read", wild_read), CALL("wild-write", wild_write),
        CALL("wild-call", wild_call), CALL("far-string", far_string),
        CALL("long-string", long_string), CALL("torn-string", torn_string),
        CALL("surrogate", surrogate), CALL("far-list", far_list),
        CALL("wrapping-list", wrapping_list), CALL("odd-list", odd_list),
        CALL("far-result", far_result), CALL("odd-result", odd_result),
        CALL("inner-string", inner_string), CALL("bomb", bomb), CALL("bad-enum", bad_enum),
        CALL("bad-option", bad_option), CALL("bad-case", bad_case),
        CALL("bad-variant", bad_variant), CALL("bad-char", bad_char),
        CALL("half-char", half_char), CALL("forged", forged), CALL("given-twice", given_twice),
        CALL("dropped-twice", dropped_twice), CALL("not-there", not_there),
        CALL("late-call", late_call), CALL("tell-far", tell_far), CALL("tell-torn", tell_torn),
        CALL("tell-nobody", tell_nobody),
        {"confused", [](Library &lib) { lib.confused(std::make_shared<Given>()); }},
        {"kept borrow", [](Library &lib) { lib.kept_borrow(std::make_shared<Given>()); }},
        {"late borrow",
            [](Library &lib) { lib.lent(std::make_shared<Given>()); lib.late_borrow(); }},
        {"owned twice", [](Library &lib) { lib.owned_twice(std::make_shared<Given>()); }},
    };
    std::uint32_t number = 0;
    for (const char *way : {"far", "odd", "endless", "trapping", "calling"}) {
        number++;
        attacks.push_back({string(way) + " room",
            [number](Library &lib) { lib.sly(number); lib.take({1, 2, 3}); }});
        if (number != 2) // which no string can be
            attacks.push_back({string(way) + " room for the host",
                [number](Library &lib) { lib.sly(number); lib.ask(); }});
    }
    attacks.push_back({"trapping destructor", [](Library &lib) { Thing thing(lib, 13); }});
    attacks.push_back({"endless destructor", [](Library &lib) { Thing thing(lib, 14); }});

    Library first = opened();
    for (auto &[label, attack] : attacks) {
        Library library = opened();
        string end = how([&, call = attack] { call(library); });
        bool is_told = label.find("destructor") == string::npos; // no language's can tell
        string after = ended(library);
        std::cout << label << ": " << (is_told ? end + ", " : "") << after << ", then "
                  << opened().well("fine") << std::endl;
    }
    std::cout << "the first: " << first.well("fine") << std::endl;
}
