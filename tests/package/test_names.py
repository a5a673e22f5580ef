"""Names, versions and requirements: strict, ordered, and under Cargo's rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.errors import InputError
from wherever.package.names import Comparator, Name, Requirement, Version

# ----- names

WORDS = st.from_regex(r"[a-z][a-z0-9]{0,9}", fullmatch=True)
LABELS = st.lists(WORDS, min_size=1, max_size=4).map("-".join)


@given(LABELS, LABELS)
def test_a_name_reads_as_it_is_written(namespace, name):
    assert Name.parse(f"{namespace}:{name}") == Name(namespace, name)
    assert str(Name(namespace, name)) == f"{namespace}:{name}"


@pytest.mark.parametrize(
    "text, said",
    [
        ("tool", "'tool' is not a package's name; put a namespace before it, such as me:tool"),
        ("Acme/Tool", "'Acme/Tool' is not a package's name; write acme:tool"),
        ("acme:my_tool", "'acme:my_tool' is not a package's name; write acme:my-tool"),
        ("acme:tool-2", "'acme:tool-2' is not a package's name; write acme:tool2"),
        ("acme:\x1b[2J", "'acme:\\x1b[2J' is not a package's name; write acme:j"),
    ],
)
def test_a_name_that_is_none_is_told_the_nearest(text, said):
    with pytest.raises(InputError) as caught:
        Name.parse(text)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "text",
    ["", ":", "a:", ":a", "a:b:c", "a-:b", "-a:b", "a--b:c", "a:b\n", "a:../b", "\u0430:b",
     "a:" + "b" * 65, "a:b@1", "a: b", "1:2"],
)  # fmt: skip
def test_what_is_no_name_is_refused(text):
    with pytest.raises(InputError, match="is not a package's name; "):
        Name.parse(text)


@given(st.text(max_size=200))
def test_any_text_is_a_name_or_refused_in_short_words(text):
    try:
        assert str(Name.parse(text)) == text
    except InputError as error:
        assert len(str(error)) < 700
        assert str(error).isprintable()
        assert error.hint


@given(st.text(alphabet="aB_-/: 9.", max_size=12))
def test_the_name_offered_is_one(text):
    try:
        Name.parse(text)
    except InputError as error:
        if error.hint.startswith("write ") and "NAMESPACE" not in error.hint:
            Name.parse(error.hint.removeprefix("write "))


# ----- versions

NUMBERS = st.integers(0, 10**12)
IDENTIFIERS = st.one_of(
    NUMBERS.map(str), st.from_regex(r"[0-9]{0,3}[a-zA-Z-][0-9a-zA-Z-]{0,5}", fullmatch=True)
)
VERSIONS = st.builds(
    Version, NUMBERS, NUMBERS, NUMBERS, st.lists(IDENTIFIERS, max_size=4).map(tuple)
)
NEAR = st.builds(
    Version,
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from([(), ("alpha",), ("rc", "1"), ("rc", "2"), ("0",)]),
)


@given(VERSIONS)
def test_a_version_reads_as_it_is_written(version):
    assert Version.parse(str(version)) == version


def test_versions_are_ordered_as_the_standard_says():
    ordered = (
        "0.0.1 0.1.0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2"
        " 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.2.0 1.10.0 2.0.0"
    ).split()
    versions = list(map(Version.parse, ordered))
    assert sorted(reversed(versions)) == versions


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_total(a, b, c):
    assert (a < b) + (b < a) + (a == b) == 1
    assert (a <= b <= c) <= (a <= c)
    assert a != b or hash(a) == hash(b)


@pytest.mark.parametrize(
    "text, said",
    [
        ("1.2", "'1.2' is not a version; write 1.2.0"),
        ("v1.2.3", "'v1.2.3' is not a version; write 1.2.3"),
        ("1.2.3+build.5", "'1.2.3+build.5' is not a version; write 1.2.3"),
        (
            "1.02.0",
            "'1.02.0' is not a version;"
            " write three numbers, such as 1.2.0, or 1.2.0-rc.1 for a prerelease",
        ),
    ],
)
def test_a_version_that_is_none_is_told_the_nearest(text, said):
    with pytest.raises(InputError) as caught:
        Version.parse(text)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2.3.4", "1.2.3-", "1.2.3-a..b", "1.2.3-01", " 1.2.3", "1.2.3\n", "-1.2.3",
     "1.2.\u0663", "9" * 30 + ".0.0", "1.2.3-" + "a" * 130, "latest"],
)  # fmt: skip
def test_what_is_no_version_is_refused(text):
    with pytest.raises(InputError, match="is not a version; "):
        Version.parse(text)


@pytest.mark.parametrize(
    "version, shared", [("1.2.3", "1"), ("0.3.1", "0.3"), ("0.0.7", "0.0.7"), ("0.0.0", "0.0.0")]
)
def test_versions_of_one_range_may_stand_for_each_other(version, shared):
    assert Version.parse(version).range == shared


# ----- requirements


@pytest.mark.parametrize(
    "requirement, meets, fails",
    [
        ("1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0 2.0.0-alpha 1.3.0-alpha"),
        ("^1.2", "1.2.0 1.9.9", "1.1.9 2.0.0"),
        ("^1", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.2 0.0.4"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("^0", "0.0.0 0.9.9", "1.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~1", "1.0.0 1.9.0", "2.0.0"),
        ("1.*", "1.0.0 1.9.0", "0.9.0 2.0.0"),
        ("1.2.x", "1.2.0 1.2.9", "1.3.0"),
        ("*", "0.0.0 9.9.9", "1.0.0-rc.1"),
        ("=1.2.3", "1.2.3", "1.2.4 1.2.3-rc.1"),
        ("=1.2", "1.2.0 1.2.9", "1.3.0"),
        (">1.2.3", "1.2.4 9.0.0", "1.2.3"),
        (">1.2", "1.3.0", "1.2.0 1.2.9"),
        (">1", "2.0.0", "1.9.9"),
        (">=1.2", "1.2.0 3.0.0", "1.1.9"),
        ("<1.2", "1.1.9 0.1.0", "1.2.0"),
        ("<=1.2", "1.2.0 1.2.9", "1.3.0"),
        ("<=1.2.3", "1.2.3 1.0.0", "1.2.4"),
        (">=1, <3", "1.0.0 2.9.9", "0.9.0 3.0.0 3.0.0-alpha"),
        (">= 1.2.3,<1.5", "1.2.3 1.4.9", "1.5.0"),
        ("^1.2.3-rc.1", "1.2.3-rc.1 1.2.3-rc.2 1.2.3 1.4.0", "1.2.3-beta 1.2.4-rc.1 2.0.0"),
        ("~1.2.3-rc.1", "1.2.3-rc.2 1.2.9", "1.3.0"),
        ("=1.2.3-rc.1", "1.2.3-rc.1", "1.2.3-rc.2 1.2.3"),
        (">1.2.3-rc.1", "1.2.3-rc.2 1.2.3 2.0.0", "1.2.3-rc.1 1.2.4-rc.1"),
        ("<1.2.3-rc.1", "1.2.3-beta 1.2.2", "1.2.3-rc.1 1.2.3 1.2.2-rc.1"),
    ],
)
def test_requirements_follow_cargos_rules(requirement, meets, fails):
    parsed = Requirement.parse(requirement)
    assert [v for v in meets.split() if not parsed.allows(Version.parse(v))] == []
    assert [v for v in fails.split() if parsed.allows(Version.parse(v))] == []


COMPARATORS = st.builds(
    lambda operator, version, drop: Comparator(
        operator,
        version.major,
        None if drop > 1 else version.minor,
        None if drop else version.patch,
        () if drop else version.prerelease,
    ),
    st.sampled_from(["^", "~", "=", ">", ">=", "<", "<="]),
    NEAR,
    st.integers(0, 2),
)
REQUIREMENTS = st.builds(Requirement, st.lists(COMPARATORS, max_size=3).map(tuple))


@given(REQUIREMENTS)
def test_a_requirement_reads_as_it_is_written(requirement):
    assert Requirement.parse(str(requirement)) == requirement


@given(COMPARATORS, NEAR)
def test_more_or_equal_is_more_or_equal(comparator, version):
    rest = (comparator.major, comparator.minor, comparator.patch, comparator.prerelease)
    more, same = Comparator(">", *rest).lets(version), Comparator("=", *rest).lets(version)
    assert Comparator(">=", *rest).lets(version) == (more or same)
    assert not (more and same)
    assert Comparator("<=", *rest).lets(version) == (Comparator("<", *rest).lets(version) or same)


@given(REQUIREMENTS, REQUIREMENTS, NEAR)
def test_a_comma_means_and(one, other, version):
    both = Requirement(one.comparators + other.comparators)
    if not version.prerelease:
        assert both.allows(version) == (one.allows(version) and other.allows(version))
    assert both.allows(version) <= all(each.lets(version) for each in both.comparators)


@given(NEAR, NEAR)
def test_a_caret_keeps_the_range(floor, version):
    assert Requirement.parse(f"^{floor}").allows(version) <= (version.range == floor.range)


@pytest.mark.parametrize(
    "text",
    ["", ",", "1,", "1,*", "*.1", "1.*.2", "=", "==1", "!=1", "1 || 2", "1 - 2", "1.2-rc", "^-1",
     "latest", "1.2.3+b", ">=1\x1b", "1," * 40 + "1", "1." * 500, "^1.x-a"],
)  # fmt: skip
def test_what_is_no_requirement_is_refused(text):
    with pytest.raises(InputError) as caught:
        Requirement.parse(text)
    assert caught.value.what.endswith(" is not a requirement on versions")
    assert caught.value.hint == "write it like ^1.2, ~1.2.3, =1.0.0, >=1, <3 or *"
    assert len(str(caught.value)) < 500


@given(st.text(alphabet="01.*x^~<>=,- ra\n", max_size=20))
def test_any_text_is_a_requirement_or_refused(text):
    try:
        parsed = Requirement.parse(text)
    except InputError:
        return
    assert Requirement.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    "requirement, meets, fails",
    [
        ("=0, >=0.1.0-rc.1", "0.1.0", "0.1.0-rc.1"),
        (">=1, >=1.1.0-rc.1", "1.1.0", "1.1.0-rc.1"),
        (">=0, >=1.1.0-rc.1", "1.1.0 1.1.0-rc.1", "1.1.0-beta 1.2.0-rc.1"),
        ("<=1.1, >=1.1.0-rc.1", "1.1.0", "1.1.0-rc.1 1.1.1-rc.1"),
        ("~1.1, >=1.1.0-rc.1", "1.1.0 1.1.4", "1.1.0-rc.1"),
        ("^1.1, >=1.1.0-rc.1", "1.1.0 1.1.0-rc.1 1.4.0", "1.1.0-beta 2.0.0"),
    ],
)
def test_what_leaves_numbers_open_means_no_prerelease_but_for_a_caret(requirement, meets, fails):
    parsed = Requirement.parse(requirement)
    assert [v for v in meets.split() if not parsed.allows(Version.parse(v))] == []
    assert [v for v in fails.split() if parsed.allows(Version.parse(v))] == []
