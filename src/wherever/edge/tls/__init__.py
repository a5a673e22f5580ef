"""TLS as a server speaks it: certificates read and checked, and the handshake before a protocol."""
