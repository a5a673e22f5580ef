"""The command: finds the verb, runs it, and puts every failure in one line.

A verb is a module of this package with `HELP`, `add_arguments(parser)` and `main(args)`.
`wherever run` is tried first without the parser, since its start is measured in milliseconds;
so this module imports nothing that such a start does not need.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.cli.parser import Parser

INTERRUPTED = 130
BROKEN_PIPE = 141


def main(words: list[str] | None = None) -> int:
    """Run the command with these words (`sys.argv`); its exit code.

    A guest that ran leaves the process itself, at once, with its own code.
    """
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        _open_streams()
    try:
        return _dispatch(sys.argv[1:] if words is None else words)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        from wherever.cli.terminal import give_up_stdout

        give_up_stdout()
        return BROKEN_PIPE
    except Exception as error:
        return told(error)


def build_parser() -> "Parser":
    """The parser of the whole command, for the reference and for completion."""
    from wherever.cli import parser

    return parser.build_parser()


def _dispatch(words: list[str]) -> int:
    if words and words[0] == "run":
        import gc

        from wherever import together

        gc.disable()
        together.load("start")
        from wherever.cli.options import scan

        found = scan(words[1:])
        if found is not None:
            from wherever.cli.start import start

            return start(*found)
        gc.enable()
    return _with_parser(words)


def _with_parser(words: list[str]) -> int:
    import os
    from importlib import import_module

    from wherever.cli import parser
    from wherever.cli.verbs import VERBS
    from wherever.errors import InputError

    if not words or words[0] in ("-h", "--help", "help"):
        if words[1:]:
            return _with_parser([words[1], "--help"])
        print(parser.overview())
        return _flushed(0)
    if words[0] in ("-V", "--version"):
        words = ["version", *words[1:]]
    verb = words[0]
    if verb not in VERBS:
        from wherever.store import catalogue

        kind = "option" if verb.startswith("-") else "verb"
        near = parser.nearest(verb, VERBS if kind == "verb" else ("--help", "--version"))
        if near:
            hint = f"did you mean {near}?"
        elif kind == "verb" and (os.path.exists(verb) or catalogue.find(verb) is not None):
            hint = f"to run it: wherever run {verb}"
        else:
            hint = "see: wherever --help"
        raise InputError(f"there is no {kind} {verb}", hint)
    module = import_module(f"wherever.cli.{verb}")
    try:
        args = parser.parse(verb, words[1:])
    except SystemExit:  # help was printed
        return _flushed(0)
    return _flushed(module.main(args))


def _flushed(code: int) -> int:
    # Here, and not as the interpreter ends, where a broken pipe would be an ugly message.
    sys.stdout.flush()
    return code


def _open_streams() -> None:
    """Put /dev/null where a stream was closed, so that no file of ours comes to stand there.

    Processes that we start are given it too.
    """
    import os

    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdin = sys.stdin or open(0, closefd=False)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)
    sys.stderr = sys.stderr or open(2, "w", closefd=False)


def told(error: Exception) -> int:
    """Say on stderr what went wrong; the exit code for it."""
    from wherever.cli.terminal import RED, escape, give_up_stdout, say
    from wherever.errors import InternalError, WhereverError
    from wherever.version import __version__

    if isinstance(error, WhereverError):
        said = getattr(error, "said", ())
        say(str(error).removesuffix("\n".join(("", *said))), RED)
        for line in said:
            sys.stderr.write(f"{escape(line)}\n")
        if error.code == "internal":
            _debug()
        return error.exit_code
    if isinstance(error, OSError) and error.filename is None and _is_full(error):
        say(f"the output cannot be written: {error.strerror}; make room, or write elsewhere", RED)
        give_up_stdout()
        return 125
    if isinstance(error, RecursionError | MemoryError):
        what = f"{type(error).__name__} in Wherever {__version__}"
    else:
        text = " ".join(str(error).split())[:200]
        what = f"{type(error).__name__}: {text}, in Wherever {__version__}"
    wrapped = InternalError(
        f"this is a bug of ours: {what}",
        "please report it with what WHEREVER_DEBUG=1 shows and `wherever doctor`",
    )
    say(str(wrapped), RED)
    _debug()
    return wrapped.exit_code


def _is_full(error: OSError) -> bool:
    import errno

    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _debug() -> None:
    import os

    if os.environ.get("WHEREVER_DEBUG") == "1":
        from traceback import format_exc

        from wherever.cli.terminal import escape

        sys.stderr.write(escape(format_exc(), keep="\n"))


if __name__ == "__main__":
    sys.exit(main())
