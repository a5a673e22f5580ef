"""From source in any language to a package: the toolchains, and the tools they are made of."""
