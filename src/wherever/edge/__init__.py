"""The edge: packages that answer HTTP, each request in a sandbox."""
