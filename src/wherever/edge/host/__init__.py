"""The processes of a server: who owns its addresses, who answers, and how it is told things."""
