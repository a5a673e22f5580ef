"""What a package says of itself, in the custom sections where other tools look for it.

Those tools refuse a whole file for one line that they cannot read, so a licence or an address
is left out here unless it is plainly one. The package's config has all of it in any case.
"""

from __future__ import annotations

import re

from wherever.package.manifest import Manifest

_ADDRESS = re.compile(
    r"https?://[a-z0-9]+([.-][a-z0-9]+)*\.[a-z]{2,}(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~/-]*)?"
)
_LICENSES = frozenset(
    (
        "0BSD AGPL-3.0-only AGPL-3.0-or-later Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0"
        " CC0-1.0 GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later ISC LGPL-2.1-only"
        " LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later MIT MIT-0 MPL-2.0 PSF-2.0 Unlicense"
        " Zlib"
    ).split()
)


def stamps(manifest: Manifest) -> dict[bytes, bytes]:
    """The sections and their text; of what the manifest does not say, the program's own stay.

    >>> from wherever.package.manifest import parse
    >>> stamps(parse('[package]\\nversion = "1.2.0"\\nlicense = "MIT OR Apache-2.0"'))
    {b'version': b'1.2.0', b'licenses': b'MIT OR Apache-2.0'}
    """
    found = {
        b"version": str(manifest.version or ""),
        b"description": manifest.description,
        b"authors": ", ".join(manifest.authors),
        b"licenses": manifest.license if _is_license(manifest.license) else "",
        b"homepage": manifest.homepage if _ADDRESS.fullmatch(manifest.homepage) else "",
        b"source": manifest.repository if _ADDRESS.fullmatch(manifest.repository) else "",
    }
    return {name: text.encode() for name, text in found.items() if text}


def _is_license(text: str) -> bool:
    words = text.split(" ")
    joined = all(word in ("OR", "AND") for word in words[1::2])
    return joined and len(words) % 2 == 1 and _LICENSES.issuperset(words[::2])
