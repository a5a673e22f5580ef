"""The shelf: what is put there is there, whole, whoever else writes and is killed over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.package.making import MODULE, TOOL, lay, package, section, v
from wherever.errors import InputError, NotFound
from wherever.package import artifact, blobs, layout, shelf
from wherever.package.artifact import Packed
from wherever.package.manifest import Manifest
from wherever.package.names import Name

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.usefixtures("fresh_home")


def base() -> Path:
    return Path(shelf.folder())


def program(packed: Packed) -> Path:
    return Path(blobs.place(shelf.folder(), packed.wasm_digest))


def tree() -> set[str]:
    """Every file of the shelf that holds something of a package."""
    return {
        str(path.relative_to(base())) for path in (base() / "blobs").rglob("*") if path.is_file()
    }


# ----- put, get, list


def test_what_was_put_is_got_back_whole() -> None:
    packed = package(files={"/data/a": b"hello"}, more='description = "Says hello."')
    put = shelf.put(packed)
    got = shelf.get(TOOL, v("1.2.0"))
    assert (got.digest, got.wasm_digest) == (packed.digest, packed.wasm_digest)
    assert got.wasm_path.read_bytes() == packed.wasm_bytes
    assert (got.manifest.description, got.manifest.name) == ("Says hello.", TOOL)
    size = sum(map(len, (packed.manifest_bytes, packed.config_bytes, packed.wasm_bytes)))
    assert put == shelf.Entry(TOOL, v("1.2.0"), packed.digest, size, "Says hello.")
    assert shelf.entries() == [put]
    assert shelf.by_digest(packed.digest) == got


def test_a_package_comes_from_a_layout_as_it_was_there(tmp_path: Path) -> None:
    packed = package()
    layout.write(tmp_path / "made", packed, "1.2.0")
    shelf.put(layout.read(tmp_path / "made"))
    assert shelf.get(TOOL, v("1.2.0")).digest == packed.digest


def test_packages_are_listed_by_name_and_by_version() -> None:
    for name, version in (("b:x", "1.0.0"), ("acme:tool", "1.10.0"), ("acme:tool", "1.9.0")):
        shelf.put(package(version, name=name))
    found = [f"{entry.name}@{entry.version}" for entry in shelf.entries()]
    assert found == ["acme:tool@1.9.0", "acme:tool@1.10.0", "b:x@1.0.0"]
    assert shelf.versions(TOOL) == [v("1.9.0"), v("1.10.0")]
    assert shelf.versions(Name("acme", "other")) == []


def test_an_empty_shelf_holds_nothing_and_is_not_made_by_looking(fresh_home: Path) -> None:
    assert shelf.entries() == []
    assert shelf.usage() == shelf.Usage(str(fresh_home / "packages"), 0, 0, 0)
    with pytest.raises(NotFound, match=r"acme:tool@1\.2\.0 is not among the packages kept here"):
        shelf.get(TOOL, v("1.2.0"))
    with pytest.raises(NotFound):
        shelf.by_digest("sha256:" + "0" * 64)
    with pytest.raises(InputError, match="is not a digest"):
        shelf.by_digest("../../etc/passwd")
    assert not fresh_home.exists()


def test_a_package_without_a_name_is_not_kept() -> None:
    with pytest.raises(InputError, match="a package needs a name and a version to be kept"):
        shelf.put(artifact.pack(MODULE, Manifest()))


def test_a_new_package_of_the_same_version_takes_the_place_of_the_old() -> None:
    old, new = package(), package(more='description = "New."')
    shelf.put(old)
    shelf.put(new)
    assert shelf.get(TOOL, v("1.2.0")).digest == new.digest
    assert len(shelf.entries()) == 1
    # A lock may still name the old one, until it is pruned.
    assert shelf.by_digest(old.digest).digest == old.digest


def test_packages_with_the_same_program_share_it() -> None:
    shelf.put(package(name="acme:tool"))
    shelf.put(package(name="acme:other"))
    assert len(tree()) == 5


# ----- remove, prune, usage


def test_prune_removes_what_nothing_refers_to_and_nothing_else() -> None:
    kept, gone = package("1.0.0"), package("2.0.0", wasm=MODULE + section(b"x", b"other"))
    for each in (kept, gone):
        shelf.put(each)
        shelf.get(TOOL, v("1.0.0"))
    before = tree()
    shelf.get(TOOL, v("2.0.0"))
    assert shelf.remove(TOOL, v("2.0.0"))
    assert not shelf.remove(TOOL, v("2.0.0"))
    assert tree() == before
    (base() / layout.STAGING).write_bytes(b"left by one who was killed")
    used = shelf.usage()
    sizes = sum(map(len, (gone.manifest_bytes, gone.config_bytes, gone.wasm_bytes)))
    assert used.packages == 1
    assert used.unused > sizes
    freed = shelf.prune()
    assert sizes < freed <= used.unused
    assert shelf.usage() == shelf.Usage(str(base()), 1, used.size - used.unused, 0)
    assert shelf.get(TOOL, v("1.0.0")).digest == kept.digest
    assert len(tree()) == 3
    assert shelf.prune() == 0


# ----- damage


def test_a_damaged_program_is_never_handed_out_and_put_heals_it() -> None:
    packed = package()
    shelf.put(packed)
    shelf.get(TOOL, v("1.2.0"))
    program(packed).write_bytes(packed.wasm_bytes[:-1] + b"\2")
    with pytest.raises(InputError, match=r"acme:tool@1\.2\.0 does not have the digest"):
        shelf.get(TOOL, v("1.2.0"))
    shelf.put(packed)
    assert shelf.get(TOOL, v("1.2.0")).wasm_path.read_bytes() == packed.wasm_bytes


@pytest.mark.parametrize("part", ["program", "config", "manifest"])
@pytest.mark.parametrize("harm", ["gone", "short", "link"])
def test_any_damage_is_told_in_the_list_and_healed(part: str, harm: str, tmp_path: Path) -> None:
    packed, whole = package(), package("2.0.0", wasm=MODULE + section(b"x", b"other"))
    shelf.put(packed)
    shelf.put(whole)
    data = {
        "program": packed.wasm_bytes,
        "config": packed.config_bytes,
        "manifest": packed.manifest_bytes,
    }[part]
    path = Path(blobs.place(shelf.folder(), blobs.digest_of(data)))
    if harm == "short":
        path.write_bytes(data[:-1])
    else:
        moved = path.rename(tmp_path / "moved")
        if harm == "link":
            path.symlink_to(moved)
    first, second = shelf.entries()
    assert bool(first.damage) and not second.damage
    with pytest.raises(InputError):
        shelf.get(TOOL, v("1.2.0"))
    shelf.put(packed)
    assert shelf.get(TOOL, v("1.2.0")).wasm_path.read_bytes() == packed.wasm_bytes
    assert not [entry for entry in shelf.entries() if entry.damage]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schemaVersion": 2, "manifests": [{}]}'])
def test_a_damaged_index_is_told_and_made_again(content: str) -> None:
    shelf.put(package("1.0.0"))
    shelf.put(package("2.0.0"))
    (base() / "index.json").write_text(content)
    with pytest.raises(InputError, match="the index of the packages kept here is damaged"):
        shelf.entries()
    shelf.prune()
    assert [str(entry.version) for entry in shelf.entries()] == ["1.0.0", "2.0.0"]


def test_a_lost_index_is_made_again_by_the_next_put() -> None:
    shelf.put(package("1.0.0"))
    (base() / "index.json").unlink()
    assert shelf.entries() == []
    shelf.put(package("2.0.0"))
    assert [str(entry.version) for entry in shelf.entries()] == ["1.0.0", "2.0.0"]


def test_what_a_reader_takes_away_while_files_are_pruned_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf.put(package())
    shelf.get(TOOL, v("1.2.0"))
    left = base() / "checked" / "a-note-that-is-being-written.1"
    left.write_text("12")
    files = shelf._files

    def renamed_then(folder: str) -> Iterator[tuple[str, int]]:
        found = list(files(folder))
        left.unlink()
        return iter(found)

    monkeypatch.setattr(shelf, "_files", renamed_then)
    assert shelf.prune() == 0


@pytest.mark.parametrize("name", ["blobs", "blobs/sha256"])
def test_no_link_on_the_shelf_leads_what_is_put_there_elsewhere(name: str, tmp_path: Path) -> None:
    shelf.put(package("1.0.0"))
    outside = (base() / name).rename(tmp_path / "outside")
    (base() / name).symlink_to(outside)
    before = sorted(outside.rglob("*"))
    for use in (lambda: shelf.put(package("2.0.0")), shelf.prune):
        with pytest.raises(InputError) as caught:
            use()
        assert str(caught.value) == (
            f"{base() / name} is a link, and links are not followed; put the folder itself there"
        )
    assert sorted(outside.rglob("*")) == before
    (base() / name).unlink()
    outside.rename(base() / name)
    assert [str(entry.version) for entry in shelf.entries()] == ["1.0.0"]


def test_prune_drops_the_name_of_what_cannot_be_opened() -> None:
    packed = package()
    shelf.put(packed)
    Path(blobs.place(shelf.folder(), packed.digest)).unlink()
    shelf.prune()
    assert (shelf.entries(), tree()) == ([], set())


def test_a_package_that_is_changed_while_it_is_put_is_refused(tmp_path: Path) -> None:
    lay(tmp_path / "made")
    opened = layout.read(tmp_path / "made")
    opened.wasm_path.write_bytes(MODULE[:-1] + b"\2")
    with pytest.raises(InputError, match="does not have the digest"):
        shelf.put(opened)
    assert (shelf.entries(), tree()) == ([], set())


def test_a_shelf_that_others_can_write_to_is_not_used() -> None:
    shelf.put(package())
    base().chmod(0o777)
    for use in (shelf.entries, shelf.prune, lambda: shelf.get(TOOL, v("1.2.0"))):
        with pytest.raises(InputError, match="can be written by others"):
            use()


# ----- speed


def test_a_kept_program_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = package()
    shelf.put(packed)
    hashed: list[str] = []
    verify: Callable[..., str] = blobs.verify

    def counted(*args: object) -> str:
        hashed.append("once")
        return verify(*args)

    monkeypatch.setattr(blobs, "verify", counted)
    for _ in range(3):
        shelf.get(TOOL, v("1.2.0"))
    assert hashed == ["once"]


def test_names_of_two_namespaces_stay_apart() -> None:
    ours, theirs = package(name="acme:tool"), package(name="other:tool")
    shelf.put(ours)
    shelf.put(theirs)
    assert shelf.get(Name("other", "tool"), v("1.2.0")).digest == theirs.digest
    assert shelf.get(TOOL, v("1.2.0")).digest == ours.digest
