"""Sites: components that answer HTTP requests, and what runs inside of those in Python."""
