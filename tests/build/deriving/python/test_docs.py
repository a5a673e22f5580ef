"""What docstrings say is read in the three usual styles."""

import ast

from wherever.build.deriving.python import docs


def test_the_exceptions_are_found_in_every_style():
    google = """Reads.

    Args:
        path: where it lies: here.

    Raises:
        OSError, KeyError: it is not there,
            or something: else.
        `json.JSONDecodeError`: it is wrong.
        ValueError or TypeError: never.

    Returns:
        Nothing: at all.
    """
    names = ["OSError", "KeyError", "json.JSONDecodeError", "ValueError", "TypeError"]
    assert docs.raised(google) == names
    numpy = """Reads.

    Parameters
    ----------
    path : str

    Raises
    ------
    OSError
        It is not there.
    json.JSONDecodeError
        It is wrong.

    See Also
    --------
    other
    """
    assert docs.raised(numpy) == ["OSError", "json.JSONDecodeError"]
    sphinx = "Reads.\n\n:param path: where\n:raises OSError: never\n:raise KeyError, ValueError: no"
    assert docs.raised(sphinx) == ["OSError", "KeyError", "ValueError"]
    assert docs.raised("Raises:\n    ValueError: at once.\n") == ["ValueError"]
    assert docs.raised("It raises: nothing.\n\nNotes:\n    OSError: is one.") == []
    assert docs.raised("") == []


def test_fields_are_explained_in_a_section():
    text = "A.\n\nAttributes:\n    words: how many\n        there are.\n    **more: others.\n"
    assert docs.section(text, "Attributes") == {
        "words": "how many there are.",
        "**more": "others.",
    }
    assert docs.section(text, "Args") == {}


def test_a_text_is_that_of_a_module_a_class_or_a_function():
    tree = ast.parse('"""Whole."""\ndef f():\n    """A.\n\n    B.\n    """\nx = 1\n')
    assert [docs.text(node) for node in (tree, *tree.body[1:])] == ["Whole.", "A.\n\nB.", ""]
