"""What a sandbox has no place for, told where a compiler or linker only says that it is missing."""

from __future__ import annotations

import re

from wherever.errors import BuildFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_UNDEFINED = re.compile(
    r"^(?:wasm-ld: )?error: \S*?([^/\s]+)\.(?:o|lto\.o)[^:]*: undefined symbol: (.+)$"
)
_NO_HEADER = re.compile(
    r"fatal error: '([^']+)' file not found|^zig/libc/include/[^/]+/(\S+?\.h):\d+:\d+: error"
)
_UNDECLARED = re.compile(
    r"error: (?:call to undeclared function|use of undeclared identifier|no (?:member|type) named)"
    r" '(\w+)'(?: in namespace '(std::filesystem)')?"
)

_GAPS = (
    (
        "a program starts no other programs",
        r"fork|vfork|exec[lv]p?e?|execve|fexecve|wait|waitpid|wait3|wait4|popen|pclose|posix_spawnp?"
        r"|daemon|kill|killpg|setsid|getppid|setpgid",
        r"sys/wait\.h|spawn\.h",
    ),
    (
        "there are no threads",
        r"pthread_\w+|j?thread|mutex|lock_guard|async|thrd_\w+|sem_(?:init|wait|post|open)|std::__1::thread::.*",
        r"semaphore\.h|threads\.h",
    ),
    (
        "sockets can be used where they were opened for it, but none can be opened",
        r"socket|connect|bind|listen|gethostby\w+|getaddrinfo|freeaddrinfo|sendto|recvfrom|socketpair",
        r"netdb\.h|sys/un\.h|net/if\.h",
    ),
    (
        "nothing can be loaded into a running program",
        r"dlopen|dlsym|dlclose|dlerror",
        r"dlfcn\.h",
    ),
    (
        "C++ has no files of its own; fopen, std::fstream and opendir work",
        r"std::filesystem",
        r"",
    ),
    (
        "there are no users and groups",
        r"[gs]et(?:e?[ug]id|re[ug]id|res[ug]id|pw\w+|gr\w+|groups)|ch?own|f?chown|lchown|umask",
        r"pwd\.h|grp\.h",
    ),
    (
        "there is no terminal to set up",
        r"tc[gs]et\w+|cf[gs]et\w+|ttyname|openpty|forkpty",
        r"termios\.h|curses\.h|ncurses\.h|readline/readline\.h|pty\.h",
    ),
    (
        "signals come from nowhere; signal() and raise() work",
        r"sigaction|sigprocmask|sigemptyset|sigfillset|sigaddset|alarm|setitimer|sigsetjmp|siglongjmp",
        r"ucontext\.h",
    ),
    (
        "nothing is told of the system around it",
        r"getrlimit|setrlimit|gethostname|uname|sysinfo|getloadavg|mount|syscall|ioctl",
        r"sys/(?:mount|sysinfo|prctl|epoll|inotify|ptrace|syscall)\.h|linux/.*|windows\.h",
    ),
)


def explained(error: BuildFailed, sources: Sequence[str]) -> BuildFailed:
    """The same failure, with the reason where a missing name is one that a sandbox cannot have.

    Args:
        error: what the compiler or linker said.
        sources: the files that were compiled.
    """
    lines: list[str] = []
    reasons: dict[str, None] = {}
    for line in error.said:
        undefined = _UNDEFINED.match(line)
        if undefined:
            stem, symbol = undefined.groups()
            near = [path for path in sources if path.rpartition("/")[2].startswith(f"{stem}.")]
            where = near[0] if len(near) == 1 else stem
            line = f"{where}: error: `{symbol}` is used, but nothing defines it"
            reason = _reason(symbol, 1)
        else:
            header, name = _NO_HEADER.search(line), _UNDECLARED.search(line)
            reason = _reason(header[1] or header[2], 2) if header else ""
            reason = _reason(name[2] or name[1], 1) if name else reason
        lines.append(line)
        if reason:
            reasons[reason] = None
    lines += [f"in a sandbox, {reason}" for reason in reasons]
    return BuildFailed(error.what, error.hint, tuple(lines))


def _reason(name: str, column: int) -> str:
    for gap in _GAPS:
        if re.fullmatch(gap[column], name):
            return gap[0]
    return ""
