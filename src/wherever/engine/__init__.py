"""The engine room: the one place that touches the engine's shared library."""
