"""Names that both sides of a build know: ours, and what runs inside the component."""

PROGRAM = "wherever_program.bin"
"""The file that the program is handed over in."""

MARK = "[[wherever says]]"
"""Stands before and after words for the user, where the program cannot be prepared."""
