/* What a C++ program says where nothing catches what it throws. WebAssembly looks for no handler
   before it unwinds, so without this it would end in a trap without a word. The program begins
   here: `wherever_start` becomes its `_start` once it is linked. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <typeinfo>

extern "C" void _start();

/* A name of one or several parts, as a type's name has them: N3app5errorE, St13runtime_error. */
static bool plain(const char *name)
{
    char made[256];
    size_t size = 0;
    bool nested = *name == 'N';
    name += nested;
    if (strncmp(name, "St", 2) == 0) {
        memcpy(made, "std", size = 3);
        name += 2;
        if (strncmp(name, "3__1", 4) == 0)
            name += 4;
    }
    while (*name >= '1' && *name <= '9') {
        char *rest;
        size_t length = strtoul(name, &rest, 10);
        if (strlen(rest) < length || size + length + 3 > sizeof made)
            return false;
        if (size != 0) {
            memcpy(made + size, "::", 2);
            size += 2;
        }
        memcpy(made + size, rest, length);
        size += length;
        name = rest + length;
    }
    name += nested && *name == 'E';
    if (size == 0 || *name != '\0')
        return false;
    fwrite(made, 1, size, stderr);
    return true;
}

static void name(const std::type_info *type)
{
    if (!plain(type->name()))
        fputs(type->name(), stderr);
}

static void tell()
{
    const std::type_info *type = abi::__cxa_current_exception_type();
    if (type == nullptr) {
        fputs("std::terminate was called, or what was thrown left a noexcept function\n", stderr);
    } else {
        fputs("uncaught exception: ", stderr);
        try {
            throw;
        } catch (const std::exception &thrown) {
            name(type);
            fprintf(stderr, ": %s\n", thrown.what());
        } catch (const char *thrown) {
            fprintf(stderr, "char const*: %s\n", thrown);
        } catch (int thrown) {
            fprintf(stderr, "int: %d\n", thrown);
        } catch (...) {
            name(type);
            fputs("\n", stderr);
        }
    }
    abort();
}

extern "C" void wherever_start()
{
    std::set_terminate(tell);
    try {
        _start();
    } catch (...) {
        std::terminate();
    }
}
