"""HTTP/1.1 as a server speaks it: bytes in, exchanges for an app, bytes out."""
