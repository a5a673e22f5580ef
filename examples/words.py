"""Counts words the way a sandboxed Python does: with the whole standard library, no files."""

import collections
import hashlib
import json
import re
import textwrap

POEM = """
The road goes ever on and on, down from the door where it began;
a program packed as one small box can go wherever roads began.
"""

words = re.findall(r"[a-z]+", POEM.lower())
common = collections.Counter(words).most_common(4)

print(textwrap.fill(POEM.strip(), 48))
print()
for word, count in common:
    print(f"{word:>10} {'█' * count} {count}")
print()
print(json.dumps({"words": len(words), "sha256": hashlib.sha256(POEM.encode()).hexdigest()[:16]}))
