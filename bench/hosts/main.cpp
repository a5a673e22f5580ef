#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <vector>
#include "border.hpp"
#include "turns.h"

static border::Library *library;
static std::string shorter(100, 'x'), longer(100000, 'x');
static std::vector<std::uint8_t> bytes(1 << 20);
static std::vector<double> floats(100000);
static std::vector<border::Point> points(1000);
static volatile std::uint32_t one = 1, two = 2;
static volatile double kept;

#define PLAIN __attribute__((noinline)) static
PLAIN void nothing() { __asm__ volatile(""); }
PLAIN std::uint32_t added(std::uint32_t a, std::uint32_t b) { return a + b; }
PLAIN std::string text(const std::string &of) { return of; }
PLAIN std::vector<std::uint8_t> copied(const std::vector<std::uint8_t> &of) { return of; }
PLAIN double sum(const std::vector<double> &of)
{ return std::accumulate(of.begin(), of.end(), 0.0); }
PLAIN std::uint32_t total(const std::vector<border::Point> &of)
{
    std::uint32_t sum = 0;
    for (auto &each : of)
        sum += each.n;
    return sum;
}
static std::function<std::uint32_t(std::uint32_t)> twice = [](std::uint32_t n) { return 2 * n; };

int main()
{
    border::Options options;
    options.timeout = std::chrono::seconds(60);
    border::Imports imports;
    imports.double_ = twice;
    border::Library made(options, imports);
    library = &made;
    std::iota(bytes.begin(), bytes.end(), std::uint8_t(0));
    std::iota(floats.begin(), floats.end(), 0.0);
    for (std::uint32_t each = 0; each < points.size(); each++)
        points[each] = {1, 2, each};
    static const char *const works[] = {"no arguments", "two integers", "text of 100 bytes",
        "text of 100 KB", "1 MiB of bytes", "100,000 floats", "1,000 records", "a callback"};
    const Way ways[] = {
        {works[0], "ours", [] { library->nothing(); }}, {works[0], "plain", nothing},
        {works[1], "ours", [] { kept = library->add(1, 2); }},
        {works[1], "plain", [] { kept = added(one, two); }},
        {works[2], "ours", [] { kept = double(library->text(shorter).size()); }},
        {works[2], "plain", [] { kept = double(text(shorter).size()); }},
        {works[3], "ours", [] { kept = double(library->text(longer).size()); }},
        {works[3], "plain", [] { kept = double(text(longer).size()); }},
        {works[4], "ours", [] { kept = double(library->bytes(bytes).size()); }},
        {works[4], "plain", [] { kept = double(copied(bytes).size()); }},
        {works[5], "ours", [] { kept = library->sum(floats); }},
        {works[5], "plain", [] { kept = sum(floats); }},
        {works[6], "ours", [] { kept = library->points(points); }},
        {works[6], "plain", [] { kept = total(points); }},
        {works[7], "ours", [] { kept = library->callback(21); }},
        {works[7], "plain", [] { kept = twice(21); }},
    };
    turns(ways, 16, 7);
}
