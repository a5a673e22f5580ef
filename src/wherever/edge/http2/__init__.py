"""HTTP/2 as a server speaks it: frames in, exchanges for an app, frames out."""
