"""What a component's interfaces say: types, functions, interfaces and worlds, and their text."""
