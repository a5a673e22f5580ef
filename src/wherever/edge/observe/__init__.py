"""What one sees of a server: counts, the log, metrics, traces, usage and the status page."""
