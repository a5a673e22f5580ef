"""C++'s own library with exceptions, from the sources that zig has.

Zig's build of it has none: what is thrown in it ends the program. So it is built once more, for
all programs, and for size: what is slow in it waits for input and output.
"""

from __future__ import annotations

from pathlib import Path

from wherever.build.zig import archive, tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.toolchain import Tell

_LIBCXX = (
    "algorithm any bind call_once charconv chrono error_category exception expected fstream"
    " functional hash ios ios.instantiations iostream locale memory memory_resource new"
    " new_handler new_helpers optional ostream print random random_shuffle regex stdexcept string"
    " strstream system_error typeinfo valarray variant vector verbose_abort"
).split()
_LIBCXXABI = (
    "abort_message cxa_aux_runtime cxa_default_handlers cxa_demangle cxa_exception"
    " cxa_exception_storage cxa_guard cxa_handlers cxa_personality cxa_vector cxa_virtual"
    " fallback_malloc private_typeinfo stdlib_exception stdlib_new_delete stdlib_stdexcept"
    " stdlib_typeinfo"
).split()

# How the library is set up: what a program is compiled with must be what it was compiled with.
_SETUP = (
    "-D_LIBCPP_ABI_VERSION=1",
    "-D_LIBCPP_ABI_NAMESPACE=__1",
    "-D_LIBCPP_HAS_THREADS=0",
    "-D_LIBCPP_HAS_MONOTONIC_CLOCK",
    "-D_LIBCPP_HAS_TERMINAL",
    "-D_LIBCPP_HAS_MUSL_LIBC=1",
    "-D_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS",
    "-D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS",
    "-D_LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS=0",
    "-D_LIBCPP_HAS_FILESYSTEM=0",
    "-D_LIBCPP_HAS_RANDOM_DEVICE",
    "-D_LIBCPP_HAS_LOCALIZATION",
    "-D_LIBCPP_HAS_UNICODE",
    "-D_LIBCPP_HAS_WIDE_CHARACTERS",
    "-D_LIBCPP_HAS_NO_STD_MODULES",
    "-D_LIBCPP_PSTL_BACKEND_SERIAL",
    "-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_NONE",
    "-D_LIBCPP_ASSERTION_SEMANTIC_DEFAULT=_LIBCPP_ASSERTION_SEMANTIC_IGNORE",
)
_THROWING = (
    "-fwasm-exceptions",
    *("-mllvm", "-wasm-enable-eh", "-mllvm", "-wasm-enable-sjlj"),
    *("-mllvm", "-wasm-use-legacy-eh=false"),
)
_BUILDING = (
    *("-w", "-DNDEBUG", "-D_LIBCPP_BUILDING_LIBRARY", "-nostdinc++", "-std=c++23"),
    *("-fvisibility=hidden", "-fvisibility-inlines-hidden"),
    *("-ffunction-sections", "-fdata-sections"),
)


def flags() -> list[str | Path]:
    """What every file of a C++ program is compiled with."""
    headers = tool.root() / "lib"
    return [
        *_SETUP,
        *_THROWING,
        "-nostdinc++",
        f"-I{headers / 'libcxx/include'}",
        f"-I{headers / 'libcxxabi/include'}",
    ]


def library(scratch: Path, tell: Tell) -> Path:
    """The archive of the library, built where it is not kept yet.

    Raises:
        BuildFailed: zig could not build it.
    """
    tell("building the C++ library with exceptions (once, up to a minute)")
    return archive.kept("libcxx", _words(), scratch)


def _words() -> list[str]:
    return [
        *("-cflags", *_SETUP, *_BUILDING, *_THROWING),
        *("-DLIBCXX_BUILDING_LIBCXXABI", "-D_LIBCPP_HAS_NO_PRAGMA_SYSTEM_HEADER"),
        *("-DLIBC_NAMESPACE=__llvm_libc_common_utils", "-faligned-allocation"),
        *_includes("libcxx/include", "libcxxabi/include", "libcxx/src", "libcxx/libc"),
        *("--", *(f"lib/libcxx/src/{name}.cpp" for name in _LIBCXX)),
        *("-cflags", *_SETUP, *_BUILDING, *_THROWING),
        *("-D_LIBCXXABI_BUILDING_LIBRARY", "-D_LIBCXXABI_HAS_NO_THREADS", "-fstrict-aliasing"),
        "-DLIBCXXABI_NON_DEMANGLING_TERMINATE",  # names that read well are 130 KiB of code
        *_includes("libcxxabi/include", "libcxx/include", "libcxx/src", "libunwind/include"),
        *("--", *(f"lib/libcxxabi/src/{name}.cpp" for name in _LIBCXXABI)),
        *("-cflags", *_THROWING, "-fdeclspec", "-D_LIBUNWIND_HIDE_SYMBOLS"),
        *("-D_LIBUNWIND_IS_NATIVE_ONLY", *_includes("libunwind/include", "libunwind/src")),
        *("--", "lib/libunwind/src/Unwind-wasm.c"),
    ]


def _includes(*names: str) -> list[str]:
    return [f"-Ilib/{name}" for name in names]
