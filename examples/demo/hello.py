"""Run me with: wherever run hello.py"""

import platform
import sys

print(f"Hello from Python {platform.python_version()} on {sys.platform}.")
