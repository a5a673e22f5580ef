"""Generated packages: a library as a native-feeling one of another language."""
