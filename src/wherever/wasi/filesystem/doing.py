"""Does what a guest asks of its files."""

from __future__ import annotations

from wherever.wasi.filesystem import calls, contents, facts, paths
from wherever.wasi.filesystem.codes import Refused, result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.wasi.filesystem.calls import Answer, Call
    from wherever.wasi.filesystem.files import Files


def do(files: Files, call: Call) -> Answer:
    """What came of a call, or an error code's number, less than 0 by one more; and what is told.

    It may be done on any thread, one call of an instance at a time.
    """
    try:
        done, told = _DOES[call.what](files, call)
        if len(told) > call.size:
            raise Refused("name-too-long")
    except (Refused, OSError) as error:
        return result(error), b""
    except (OverflowError, ValueError, LookupError):
        return result(Refused("invalid")), b""
    return done, told


def _close(files: Files, call: Call) -> Answer:
    files.drop(call.number)
    return 0, b""


_DOES: dict[int, Callable[[Files, Call], Answer]] = {
    calls.BASE: facts.base,
    calls.CLOSE: _close,
    calls.OPEN: paths.open_at,
    calls.READ: contents.read,
    calls.WRITE: contents.write,
    calls.STREAM: contents.stream,
    calls.NEXT: contents.next_piece,
    calls.SEND: contents.send,
    calls.ADVISE: contents.advise,
    calls.SYNC: contents.sync,
    calls.FLAGS: facts.flags,
    calls.TYPE: facts.file_type,
    calls.RESIZE: contents.resize,
    calls.TIMES: facts.times,
    calls.LIST: contents.list_folder,
    calls.ENTRY: contents.entry,
    calls.MAKE: paths.make_folder,
    calls.STAT: facts.status,
    calls.LINK: paths.link,
    calls.READ_LINK: paths.read_link,
    calls.REMOVE_FOLDER: paths.remove_folder,
    calls.RENAME: paths.rename,
    calls.MAKE_LINK: paths.make_link,
    calls.REMOVE: paths.remove,
    calls.SAME: facts.same,
    calls.HASH: facts.hashed,
}
