"""Components, instantiated over their core modules: linking, the canonical ABI, handles.

What the engine's own component functions take microseconds for and copy byte by byte is here a
call of a core function, and a copy of memory.
"""
