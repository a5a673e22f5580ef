"""What a guest may reach and use, and what became of it: frozen values, no machinery."""
