"""What one instance has open, by the numbers that its shim knows."""

from __future__ import annotations

from wherever.wasi.filesystem.codes import Refused
from wherever.wasi.filesystem.entries import (
    READ,
    WRITE,
    Listing,
    Open,
    Reading,
    Writing,
    give_room,
    take_room,
)
from wherever.wasi.filesystem.folders import Folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    Entry = Open | Reading | Writing | Listing


class Files:
    """What one instance has open.

    Args:
        folders: what it is granted; they have the first numbers, from 1.
        most: descriptors that it may have open: one for each file and folder, and those of
            its listings.

    Attributes:
        folders: the same.
    """

    def __init__(self, folders: Folders, most: int) -> None:
        self.folders = folders
        self._most = most
        self._table: dict[int, Entry] = {}
        for number, each in enumerate(folders, 1):
            mode = READ if each.read_only else READ | WRITE
            self._table[number] = Open(each.fd, each.read_only, True, mode, is_granted=True)
        self._next = len(folders) + 1
        self._open = 0
        self._is_held = self._is_closed = False

    @property
    def is_worn(self) -> bool:
        """Whether so much was left open that the next request should not have to live with it."""
        return self._open > self._most // 2

    # ----- numbers

    def add(self, entry: Entry) -> int:
        """The number of something new."""
        number, self._next = self._next, self._next + 1
        self._table[number] = entry
        return number

    def at(self, number: int) -> Entry | None:
        """What has a number."""
        return self._table.get(number)

    def drop(self, number: int) -> None:
        """Nobody uses a number any more; those of what is granted stay."""
        found = self._table.get(number)
        if found is not None and not (isinstance(found, Open) and found.is_granted):
            del self._table[number]
            self.give(found.close())

    def descriptor(self, number: int) -> Open:
        """The file or folder of a number.

        Raises:
            Refused: it is none.
        """
        found = self._table.get(number)
        if not isinstance(found, Open):
            raise Refused("bad-descriptor")
        return found

    def file(self, number: int, is_changed: bool = False) -> Open:
        """The file of a number.

        Raises:
            Refused: it is none, or may not be changed.
        """
        found = self.descriptor(number)
        if found.is_folder:
            raise Refused("bad-descriptor")
        if is_changed and found.read_only:
            raise Refused("not-permitted")
        return found

    def folder(self, number: int, is_changed: bool = False) -> Open:
        """The folder of a number.

        Raises:
            Refused: it is none, or nothing in it may be changed.
        """
        found = self.descriptor(number)
        if not found.is_folder:
            raise Refused("not-directory")
        if is_changed and found.read_only:
            raise Refused("not-permitted")
        return found

    # ----- how many there may be

    def take(self, count: int = 1) -> None:
        """So many more will be open.

        Raises:
            Refused: there is no room for them.
        """
        if self._open + count > self._most:
            raise Refused("quota")
        take_room(count)
        self._open += count

    def give(self, count: int) -> None:
        """So many are open no more."""
        give_room(count)
        self._open -= count

    # ----- the end

    def hold(self) -> None:
        """A call is under way on another thread: nothing is closed until `let_go`."""
        self._is_held = True

    def let_go(self) -> None:
        """That call has ended."""
        self._is_held = False
        if self._is_closed:
            self.close()

    def close(self) -> None:
        """Closes all that is open, at once or when the call under way has ended."""
        self._is_closed = True
        if not self._is_held:
            while self._table:
                self.give(self._table.popitem()[1].close())
            self.folders = Folders()
