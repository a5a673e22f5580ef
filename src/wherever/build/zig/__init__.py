"""C, C++ and Zig, by the zig tool: its compilers, its linker and its libraries' sources."""
