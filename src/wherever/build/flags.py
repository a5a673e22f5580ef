"""`[build] flags`: a program's own settings, and no way to run code here or to write elsewhere.

A project is a stranger's. Its flags reach a compiler that was started by us, on this machine, so
only those are taken that are known to change nothing but the program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project


@dataclass(frozen=True, slots=True)
class Settings:
    """The flags of a compiler that a project may give.

    Attributes:
        alone: what a whole flag matches.
        valued: flags whose value is the word after them.
        offer: words that tell a person which there are.
    """

    alone: re.Pattern[str]
    valued: frozenset[str]
    offer: str


def of(project: Project, settings: Settings) -> tuple[str, ...]:
    """The flags of a project; all that it has, where it may run code of its own.

    Raises:
        InputError: one of them is none of these settings.
    """
    flags = tuple(project.manifest.build.flags)
    if project.may_run:
        return flags
    before = ""
    for flag in flags:
        if before in settings.valued:
            taken = not flag.startswith(("-", "@"))
            before = ""
        else:
            taken = flag in settings.valued or settings.alone.fullmatch(flag) is not None
            before = flag
        if not taken:
            raise InputError(
                f"[build] flags: {flag[:60]!a} is not for a program's own settings",
                f"{settings.offer} can be given, and where you trust all of it:"
                " --allow-build-scripts",
            )
    return flags


_WORD = r"[A-Za-z0-9_.$@+:-]+"
_LINKING = (
    rf"--export=[\w.$]+|--export-if-defined=[\w.$]+|--export-(?:all|dynamic|table)|--growable-table"
    rf"|--allow-undefined|--undefined={_WORD}|--wrap={_WORD}|--(?:initial|max)-memory=\d+"
    r"|--global-base=\d+|--stack-first|--no-entry|--strip-(?:all|debug)|--(?:no-)?gc-sections"
    r"|--(?:no-)?whole-archive|--allow-multiple-definition|-z,stack-size=\d+"
)

C = Settings(
    re.compile(
        r"-[DU].+|-I.+|-l[\w+-]+|-O(?:[0-3gsz]|fast)?|-std=[\w+]+|-g[0-3]?|-s|-w|-ansi|-pedantic"
        r"(?:-errors)?|-pthread|-rdynamic|-trigraphs|-nostdinc(?:\+\+)?|-W(?![alp],)[\w+#-]*(?:=\w+)?"
        r"|-f(?!plugin|pass-plugin|save-|time-trace|modul|profile|coverage|dump|embed|integrated|proc)"
        r"[\w+-]+|-f(?:visibility|fp-contract|fp-model|max-errors|sanitize|no-sanitize|inline-\w+"
        r"|strict-flex-arrays|trivial-auto-var-init|template-depth|constexpr-\w+|align-\w+"
        r"|(?:macro|file)-prefix-map|denormal-fp-math)=[\w+,./=-]+"
        r"|-m(?:no-)?(?:simd128|relaxed-simd|bulk-memory|sign-ext|nontrapping-fptoint|multivalue"
        r"|mutable-globals|reference-types|tail-call|exception-handling|extended-const|multimemory"
        rf"|atomics|fp16)|-mexec-model=(?:command|reactor)|-Wl(?:,(?:{_LINKING}))+"
    ),
    frozenset({"-D", "-U", "-I", "-isystem", "-iquote", "-include", "-l"}),
    "-D, -U, -I, -l, -O, -std=, -W, -f, -m, and -Wl, with what exports and sizes memory",
)
"""Those of clang."""

ZIG = Settings(
    re.compile(
        r"-O(?:Debug|Release(?:Safe|Fast|Small)|debug|safe|fast|small)|-D\w+(?:=.*)?|-I.+|-lc"
        r"|-f(?:no-)?(?:strip|lto|single-threaded|error-tracing|stack-check|stack-protector|builtin"
        r"|sanitize-c|unwind-tables|omit-frame-pointer|function-sections|data-sections|entry|ubsan-rt"
        rf"|compiler-rt|fuzz|reference-trace)|-fentry={_WORD}|--export=[\w.$]+|-rdynamic"
        r"|--(?:initial|max)-memory=\d+|--global-base=\d+|--export-(?:table|memory)|-mcpu=[\w+-]+"
    ),
    frozenset({"-O", "-D", "-I", "--stack", "--error-limit"}),
    "-O, -D, -I, -f for checks and code, -mcpu=, --export=, --stack and the sizes of memory",
)
"""Those of zig."""

_GO_WORD = r"""(?:[^\s'"]+|'[^']*'|"[^"]*")"""

GO = Settings(
    re.compile(
        rf"--?tags=[\w.,! ]*|--?ldflags=(?:\s*(?:-s|-w|-X[ =]{_GO_WORD}))*\s*"
        r"|--?gcflags=(?:all=)?(?:\s*(?:-N|-l|-B|-m|-d=[\w,=/]+))*\s*|--?mod=(?:mod|vendor|readonly)"
        r"|--?(?:trimpath|v|a|p=\d+)(?:=(?:true|false))?|--?pgo=(?:off|auto)"
    ),
    frozenset({"-tags"}),
    "-tags=, -ldflags= with -s, -w and -X, -gcflags= with -N, -l, -B and -d, -mod= and -pgo=",
)
"""Those of go build."""

CARGO = Settings(
    re.compile(
        r"--(?:features|bin|example|package|profile)=[\w.,/@:-]+|--all-features|--lib"
        r"|--no-default-features|--locked|--offline|--frozen|--workspace|--release|-q|-v"
    ),
    frozenset({"--features", "-F", "--bin", "--example", "--package", "-p", "--profile"}),
    "--features, --all-features, --no-default-features, --bin, --example, --package, --profile,"
    " --lib, --locked, --offline and --frozen",
)
"""Those of cargo build."""

RUSTC = Settings(
    re.compile(
        r"-O|-g|--edition=\d{4}|--cfg=.+|--check-cfg=.+|-[AWDF][\w:-]+|--cap-lints=\w+"
        r"|-C(?:opt-level|debuginfo|panic|target-feature|target-cpu|lto|codegen-units"
        r"|overflow-checks|debug-assertions|strip|inline-threshold|embed-bitcode)(?:=[\w+,-]+)?"
    ),
    frozenset({"--cfg", "--edition"}),
    "-O, -g, --edition, --cfg, lints, and -C with opt-level, debuginfo, panic, target-feature, lto,"
    " codegen-units, overflow-checks, debug-assertions and strip",
)
"""Those of rustc, for a file alone."""

ASC = Settings(
    re.compile(
        r"-O(?:[0-3][sz]?|speed|size|s|z)?|--(?:optimize|converge|noAssert|debug|lowMemoryLimit"
        r"|exportRuntime|exportTable|noUnsafe|disableWarning|noEmit|stats|pedantic)"
        r"|--(?:optimizeLevel|shrinkLevel|initialMemory|maximumMemory|stackSize|memoryBase|tableBase)"
        r"=\d+|--runtime=(?:incremental|minimal|stub)|--(?:enable|disable)=[\w,-]+"
        r"|--uncheckedBehavior=\w+|--trapMode=\w+|--use=[\w.]+=[\w.]+|--disableWarning=\d+"
    ),
    frozenset(
        {
            "--optimizeLevel", "--shrinkLevel", "--initialMemory", "--maximumMemory",
            "--stackSize", "--memoryBase", "--tableBase", "--runtime", "--enable", "--disable",
            "--use", "-u", "--uncheckedBehavior", "--trapMode",
        }
    ),
    "asc's flags for features, runtime and optimization",
)  # fmt: skip
"""Those of asc."""
