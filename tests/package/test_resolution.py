"""Choosing versions: real folders, a real shelf, and sources that stand for a registry."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.errors import InputError, NotFound
from wherever.package import artifact, resolution, shelf
from wherever.package.lockfile import Lock
from wherever.package.manifest import parse, read
from wherever.package.names import Name, Version
from wherever.package.parts import Permissions
from wherever.package.resolution import resolve
from wherever.package.sources import Release, Shelf

EMPTY = b"\0asm\1\0\0\0"


class Shop:
    """A registry in memory: `"a:b 1.2.0": "c:d ^1, e:f *"`."""

    def __init__(self, packages, online=True):
        self.online = online
        self.packages = {}
        for named, needs in packages.items():
            name, version = named.split()
            wants = "\n".join(
                f'"{w.split()[0]}" = "{w.split()[1]}"' for w in needs.split(", ") if w
            )
            self.packages.setdefault(Name.parse(name), {})[Version.parse(version)] = parse(
                f"[dependencies]\n{wants}"
            ).dependencies

    def versions(self, name):
        return list(self.packages.get(name, ()))

    def release(self, name, version):
        digest = f"sha256:{abs(hash((name, version))):064x}"
        return Release("registry:shop.example", self.packages[name][version], digest, digest)


def app(**needs):
    lines = "\n".join(f'"x:{name}" = "{requirement}"' for name, requirement in needs.items())
    return parse(f'[package]\nname = "me:app"\n[dependencies]\n{lines}')


def chosen(lock):
    return [str(each).removeprefix("x:") for each in lock.packages]


# ----- the choice


def test_the_newest_that_meets_everybody_is_chosen():
    shop = Shop({"x:a 1.0.0": "x:c ^1.1", "x:b 1.0.0": "x:c ~1.2", "x:c 1.1.0": "",
                 "x:c 1.2.0": "", "x:c 1.2.9": "", "x:c 1.3.0": "", "x:c 2.0.0": ""})  # fmt: skip
    lock = resolve(app(a="1", b="1"), sources=[shop])
    assert chosen(lock) == ["a 1.0.0", "b 1.0.0", "c 1.2.9"]
    assert [str(each) for each in lock.packages[2].requirements] == ["^1.1", "~1.2"]
    assert lock.packages[0].dependencies == ((Name("x", "c"), Version(1, 2, 9)),)


def test_an_older_version_is_taken_where_the_newest_asks_too_much():
    shop = Shop({"x:a 1.0.0": "x:b ^1.0", "x:a 1.1.0": "x:b ^1.5", "x:b 1.2.0": "",
                 "x:b 1.6.0": ""})  # fmt: skip
    assert chosen(resolve(app(a="^1", b="=1.2.0"), sources=[shop])) == ["a 1.0.0", "b 1.2.0"]


def test_ranges_that_may_not_stand_for_each_other_are_both_there():
    shop = Shop({"x:a 1.0.0": "x:c ^1", "x:b 1.0.0": "x:c ^2", "x:c 1.9.0": "", "x:c 2.1.0": ""})
    lock = resolve(app(a="1", b="1"), sources=[shop])
    assert chosen(lock) == ["a 1.0.0", "b 1.0.0", "c 1.9.0", "c 2.1.0"]


def test_a_prerelease_is_chosen_only_where_it_is_named():
    shop = Shop({"x:a 1.0.0": "", "x:a 1.1.0-rc.1": ""})
    assert chosen(resolve(app(a="*"), sources=[shop])) == ["a 1.0.0"]
    assert chosen(resolve(app(a="1.1.0-rc.0"), sources=[shop])) == ["a 1.1.0-rc.1"]


# ----- the lock


def test_what_is_locked_stays_until_it_is_updated():
    old = Shop({"x:a 1.0.0": "x:b ^1", "x:b 1.0.0": ""})
    new = Shop({"x:a 1.0.0": "x:b ^1", "x:a 1.1.0": "x:b ^1", "x:b 1.0.0": "", "x:b 1.1.0": ""})
    lock = resolve(app(a="1"), sources=[old])
    assert resolve(app(a="1"), sources=[new], lock=lock) == lock
    assert resolve(app(a="1"), sources=[new], lock=lock, frozen=True) == lock
    assert chosen(resolve(app(a="1"), sources=[new], lock=lock, update=[Name("x", "b")])) == [
        "a 1.0.0",
        "b 1.1.0",
    ]
    assert chosen(resolve(app(a="1"), sources=[new])) == ["a 1.1.0", "b 1.1.0"]
    assert chosen(resolve(app(a="1.1"), sources=[new], lock=lock)) == ["a 1.1.0", "b 1.0.0"]


def test_what_was_granted_stays_when_a_version_moves():
    wish = Permissions(True, env=("HOME",))
    lock = resolve(app(a="1"), sources=[Shop({"x:a 1.0.0": ""})])
    lock = lock.granting(Name("x", "a"), Version(1, 0, 0), wish)
    moved = resolve(app(a="2"), sources=[Shop({"x:a 2.0.0": ""})], lock=lock)
    assert [(each.version, each.permissions) for each in moved.packages] == [
        (Version(2, 0, 0), wish)
    ]


def test_frozen_refuses_every_change():
    shop = Shop({"x:a 1.0.0": "", "x:b 1.0.0": ""})
    lock = resolve(app(a="1"), sources=[shop])
    said = []
    elsewhere = Lock((replace(lock.packages[0], source="registry:other.example"),))
    for manifest, kept in (
        (app(a="1"), None),
        (app(a="1", b="1"), lock),
        (app(), lock),
        (app(a="1"), elsewhere),
    ):
        with pytest.raises(InputError) as caught:
            resolve(manifest, sources=[shop], lock=kept, frozen=True)
        said.append(str(caught.value))
    assert said == [
        "there is no wherever.lock to keep to; run it once without --frozen",
        "x:b, which me:app needs, is not in wherever.lock;"
        " wherever.lock may lack what wherever.toml asks: run it once without --frozen",
        "wherever.lock does not fit wherever.toml: it has no use for x:a 1.0.0;"
        " run it once without --frozen",
        "wherever.lock does not fit wherever.toml: sources or dependencies changed;"
        " run it once without --frozen",
    ]


def test_other_bytes_under_a_locked_version_are_refused(fresh_home):
    def put(description):
        text = f'[package]\nname = "x:a"\nversion = "1.0.0"\ndescription = "{description}"'
        return shelf.put(artifact.pack(EMPTY, parse(text))).digest

    before = put("kind")
    lock = resolve(app(a="1"))
    now = put("evil")
    with pytest.raises(InputError) as caught:
        resolve(app(a="1"), lock=lock)
    assert str(caught.value) == (
        f"x:a 1.0.0 is not what wherever.lock remembers: it is {now}, and was {before};"
        " if you trust it, delete its entry from wherever.lock"
    )


# ----- why there is none


@pytest.mark.parametrize(
    "needs, packages, said",
    [
        (
            {"a": "1"},
            {},
            'x:a, which me:app needs, is not among the packages kept here; build it, or name its'
            ' folder: "x:a" = { path = "../a" }',
        ),
        (
            {"a": "2"},
            {f"x:a 1.{n}.0": "" for n in range(12)},
            "no version of x:a fits: me:app wants ^2; there is 1.11.0, 1.10.0, 1.9.0, 1.8.0,"
            " 1.7.0, 1.6.0, 1.5.0, 1.4.0 and 4 more; change what [dependencies] says of x:a",
        ),
        (
            {"a": "1", "b": "1"},
            {"x:a 1.0.0": "x:c =1.0.0", "x:b 1.0.0": "x:c =1.1.0", "x:c 1.0.0": "",
             "x:c 1.1.0": ""},
            "no version of x:c fits: x:a 1.0.0 wants =1.0.0, x:b 1.0.0 wants =1.1.0;"
            " there is 1.1.0, 1.0.0; change what [dependencies] says of x:c",
        ),
        (
            {"a": "1"},
            {"x:a 1.0.0": "x:b 1", "x:b 1.0.0": "x:a 1"},
            "packages depend on each other in a circle: x:a needs x:b needs x:a;"
            " what both need belongs into a package of its own",
        ),
    ],
)  # fmt: skip
def test_why_nothing_fits_is_told(needs, packages, said):
    with pytest.raises(InputError) as caught:
        resolve(app(**needs), sources=[Shop(packages)])
    assert str(caught.value) == said


def test_a_search_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(resolution, "MOST_ROUNDS", 1)
    shop = Shop({"x:a 1.0.0": "x:b 1", "x:b 1.0.0": ""})
    with pytest.raises(InputError) as caught:
        resolve(app(a="1"), sources=[shop])
    assert str(caught.value) == (
        "no versions that fit together were found in 1 tries;"
        " narrow the requirements in [dependencies]"
    )


def test_offline_asks_no_source_that_needs_the_network():
    near, far = Shop({"x:a 1.0.0": ""}, online=False), Shop({"x:a 1.5.0": "", "x:b 1.0.0": ""})
    assert chosen(resolve(app(a="1"), sources=[near, far])) == ["a 1.5.0"]
    assert chosen(resolve(app(a="1"), sources=[near, far], offline=True)) == ["a 1.0.0"]
    with pytest.raises(NotFound) as caught:
        resolve(app(b="1"), sources=[near, far], offline=True)
    assert str(caught.value) == (
        "x:b, which me:app needs, is not among the packages kept here;"
        " run it once without --offline"
    )


# ----- folders and the shelf


@pytest.fixture
def folders(tmp_path):
    """Write packages: `folders(app="...")` makes app/wherever.toml."""

    def make(**manifests):
        for name, text in manifests.items():
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "wherever.toml").write_text(text)
        return tmp_path

    return make


def test_folders_and_the_shelf_together(folders, fresh_home):
    kept = artifact.pack(EMPTY, parse('[package]\nname = "x:deep"\nversion = "0.3.1"'))
    shelf.put(kept)
    base = folders(
        app='[package]\nname = "me:app"\n[dependencies]\n"x:lib" = { path = "../lib" }',
        lib='[package]\nname = "x:lib"\nversion = "2.0.0"\n[dependencies]\n"x:deep" = "^0.3"\n'
        '"x:near" = { path = "../lib/near", version = "*" }',
    )
    (base / "lib" / "near").mkdir()
    (base / "lib" / "near" / "wherever.toml").write_text('[package]\nname = "x:near"')
    lock = resolve(read(base / "app"))
    assert [(str(p), p.source, p.manifest_digest, p.layer_digest) for p in lock.packages] == [
        ("x:deep 0.3.1", "shelf", kept.digest, kept.wasm_digest),
        ("x:lib 2.0.0", "path:../lib", "", ""),
        ("x:near 0.0.0", "path:../lib/near", "", ""),
    ]
    assert [str(each) for each in lock.in_order()] == [
        "x:deep 0.3.1",
        "x:near 0.0.0",
        "x:lib 2.0.0",
    ]


@pytest.mark.parametrize(
    "lib, other, said",
    [
        ('name = "x:other"', "", "the package in BASE/lib is called x:other, not x:lib;"
         " name it in [dependencies] as it is called"),
        ('name = "x:lib"\nversion = "2.0.0"', "", "no version of x:lib fits: me:app wants ^1;"
         " there is 2.0.0; change what [dependencies] says of x:lib"),
        ('name = "x:lib"\nversion = "1.0.0"\n[dependencies]\n"x:b" = { path = "../b" }',
         '"x:lib" = { path = "../c" }', "x:lib is in two folders, BASE/lib and BASE/c;"
         " give both the same path"),
        ('name = "x:lib"\nversion = "1.0.0"\n[dependencies]\n"x:b" = { path = "../b" }',
         '"x:lib" = { path = "../lib" }', "packages depend on each other in a circle: x:b needs"
         " x:lib needs x:b; what both need belongs into a package of its own"),
        ('name = "x:lib"\nversion = "1.0.0"\n[dependencies]\n"x:b" = { path = "../none" }', "",
         "there is no BASE/none;"
         " write one, or make one with `wherever init`"),
    ],
)  # fmt: skip
def test_folders_that_do_not_fit_are_told(folders, lib, other, said):
    base = folders(
        app='[package]\nname = "me:app"\n[dependencies]\n'
        '"x:lib" = { path = "../lib", version = "1" }',
        lib=f"[package]\n{lib}",
        b=f'[package]\nname = "x:b"\n[dependencies]\n{other}',
    )
    with pytest.raises(InputError) as caught:
        resolve(read(base / "app"))
    assert str(caught.value).replace(str(base), "BASE") == said


@pytest.mark.parametrize(
    "path, said",
    [
        ("loop", "cannot read 'BASE/app/loop': Too many levels of symbolic links"),
        ("n" * 300, f"cannot read 'BASE/app/{'n' * 300}': File name too long"),
    ],
    ids=["loop", "long"],
)
def test_a_path_that_leads_nowhere_is_told(folders, path, said):
    base = folders(
        app=f'[package]\nname = "me:app"\n[dependencies]\n"x:lib" = {{ path = "{path}" }}'
    )
    (base / "app" / "loop").symlink_to("loop")
    with pytest.raises(InputError) as caught:
        resolve(read(base / "app"))
    assert caught.value.what.replace(str(base), "BASE") == said


def test_a_damaged_package_of_the_shelf_is_not_chosen(fresh_home):
    for version in ("1.0.0", "1.1.0"):
        text = f'[package]\nname = "x:a"\nversion = "{version}"'
        shelf.put(artifact.pack(EMPTY, parse(text)))
    newest = shelf.get(Name("x", "a"), Version(1, 1, 0))
    newest.wasm_path.chmod(0o600)
    newest.wasm_path.unlink()
    assert Shelf().versions(Name("x", "a")) == [Version(1, 0, 0)]
    assert chosen(resolve(app(a="1"))) == ["a 1.0.0"]


def many(count):
    return [f"{chr(97 + n // 26 // 26)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}"
            for n in range(count)]  # fmt: skip


def test_many_packages_are_chosen_from_in_a_bearable_time():
    names = many(300)
    wide = Shop({f"x:{name} 1.0.0": "" for name in names})
    chain = Shop(
        {
            f"x:{name} 1.0.0": f"x:{needed} 1" if needed else ""
            for name, needed in zip(names, [*names[1:], ""], strict=True)
        }
    )
    # Where each choice looked at all others, this would go on until the test's time is over.
    assert len(resolve(app(**dict.fromkeys(names, "1")), sources=[wide]).packages) == 300
    assert len(resolve(app(**{names[0]: "1"}), sources=[chain]).packages) == 300


def test_conflicts_of_many_are_given_up_in_words_and_in_a_bearable_time():
    names = many(40)
    packages = {
        f"x:{name} 1.{n}.0": f"x:bad{'pqrst'[index % 5]} =1.0.{(n + index) % 7}"
        for index, name in enumerate(names)
        for n in range(6)
    }
    packages |= {f"x:bad{letter} 1.0.{n}": "" for letter in "pqrst" for n in range(7)}
    with pytest.raises(InputError) as caught:
        resolve(app(**dict.fromkeys(names, "1")), sources=[Shop(packages)])
    assert len(str(caught.value)) < 1000


def test_more_packages_than_anybody_needs_are_refused():
    names = many(resolution.MOST_PACKAGES + 1)
    shop = Shop({f"x:{name} 1.0.0": "" for name in names})
    with pytest.raises(InputError) as caught:
        resolve(app(**dict.fromkeys(names, "1")), sources=[shop])
    assert str(caught.value) == (
        f"more than 1000 packages are asked for, x:{names[-1]} among them;"
        " depend on fewer in [dependencies]"
    )


def test_of_many_who_want_what_is_not_there_some_are_named():
    names = many(12)
    shop = Shop({f"x:{name} 1.0.0": "x:bad 1" for name in names})
    with pytest.raises(NotFound) as caught:
        resolve(app(**dict.fromkeys(names, "1")), sources=[shop])
    assert caught.value.what.endswith("is not among the packages kept here")
    assert len(caught.value.what) < 250


# ----- whatever is asked

VERSIONS = st.sampled_from(["0.1.0", "0.2.0", "1.0.0", "1.1.0", "1.2.0", "2.0.0"])
REQUIREMENTS = st.sampled_from(["*", "^1", "^1.1", "~1.0", "=1.2.0", "^0.1", ">=0.2,<2", "2"])
NEEDS = st.lists(st.tuples(st.sampled_from("abcd"), REQUIREMENTS), max_size=3)


@given(st.dictionaries(st.tuples(st.sampled_from("abcd"), VERSIONS), NEEDS, max_size=10), NEEDS)
def test_a_choice_meets_everybody_or_is_refused_in_words(packages, needs):
    shop = Shop(
        {
            f"x:{name} {version}": ", ".join(f"x:{n} {r}" for n, r in wants)
            if len({n for n, _ in wants}) == len(wants)
            else ""
            for (name, version), wants in packages.items()
        }
    )
    root = app(**dict(needs))
    try:
        lock = resolve(root, sources=[shop])
    except InputError as error:
        assert error.hint
        return
    for each in lock.packages:
        dependencies = shop.packages[each.name][each.version]
        for need in (*dependencies, *(n for n in root.dependencies if n.name == each.name)):
            met = [p for p in lock.packages if p.name == need.name]
            assert any(need.requirement.allows(p.version) for p in met)
        used = [v for n, v in each.dependencies]
        assert len(used) == len(dependencies)
    ranges = [(each.name, each.version.range) for each in lock.packages]
    assert len(set(ranges)) == len(ranges)
    assert resolve(root, sources=[shop], lock=lock, frozen=True) == lock
    assert lock == Lock(tuple(lock.packages))
