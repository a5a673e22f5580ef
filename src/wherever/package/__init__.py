"""What a package is: its manifest, its artifact, its lock, and the shelf where packages are kept.

Nothing here runs a package, needs an engine or reaches a network.
"""
