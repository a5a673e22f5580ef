"""What a program includes to speak a world's WIT: made from the WIT, for each language."""
