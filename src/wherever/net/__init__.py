"""The network, as far as a guest was granted it."""
