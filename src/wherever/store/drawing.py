"""The programs of the catalogue that draw."""

from __future__ import annotations

from wherever.store.program import Example, Part, Program

SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">'
    '<rect width="4" height="8"/></svg>'
)

DEJAVU = "b7013ac58f9225250619db82cfb72e99c37ca8195f2b5a06a9e6a95bc5e1c84a"


def _dejavu(name: str, guest: str, sha256: str, size: int) -> Part:
    return Part(
        ecosystem="npm",
        package="dejavu-fonts-ttf",
        package_version="2.37.3",
        path=f"ttf/{name}.ttf",
        guest=f"/usr/share/fonts/{guest}/{name}.ttf",
        sha256=sha256,
        size=size,
        archive_sha256=(DEJAVU,),
        download=5494986,
    )


RESVG = Program(
    name="resvg",
    version="2.6.2",
    aliases=("svg2png",),
    ecosystem="npm",
    package="@resvg/resvg-wasm",
    package_version="2.6.2",
    path="index_bg.wasm",
    sha256="22bf6e9f9a100d972da0411a69c5ba504367fc1fa87b3b64e3f35e53926d2d70",
    size=2478606,
    archive_sha256=("ff51acbb5ee0074601b75c3bea9226a18d346752af787f6d2d3adcdd98493d71",),
    download=967004,
    licence="MPL-2.0 AND Bitstream-Vera",
    summary="draws SVG files as PNG images, with the DejaVu Sans font",
    argv=("resvg",),
    provide="resvg_provide.wat",
    starter="resvg.wat",
    parts=(
        _dejavu(
            "DejaVuSans",
            "dejavu",
            "7da195a74c55bef988d0d48f9508bd5d849425c1770dba5d7bfc6ce9ed848954",
            757076,
        ),
        _dejavu(
            "DejaVuSans-Bold",
            "dejavu-bold",
            "e6476c1b80502924294eed40894c5b18e06c181444ca953e5334262df9c27724",
            705684,
        ),
    ),
    example=Example(
        ("/box/square.svg", "/box/square.png"),
        files=(("square.svg", SQUARE),),
        makes=(("square.png", "\u0089PNG\r\n\u001a\n"),),
    ),
)

GRAPHVIZ = Program(
    name="graphviz",
    version="7.0.0",
    aliases=("dot",),
    ecosystem="npm",
    package="@hpcc-js/wasm",
    package_version="1.20.1",
    path="dist/graphvizlib.wasm",
    sha256="791124bccad50f6f0978ab6301ae97e7596653514fd9e2866fe8458bdff02649",
    size=1071261,
    archive_sha256=("e2750e87aa63b71add7336d7e2722625a8cd20ee5a882517aa0cbb72babe69d8",),
    download=3690105,
    licence="Apache-2.0 AND EPL-1.0",
    summary="draws graphs from the dot language as SVG and other text formats",
    extensions=(".dot", ".gv"),
    argv=("dot",),
    script_flags=("-Tsvg",),
    provide="graphviz_provide.wat",
    starter="graphviz.wat",
    example=Example(
        ("-Tplain",),
        "graph 1 0.75 1.5\n"
        "node a 0.375 1.25 0.75 0.5 a solid ellipse black lightgrey\n"
        "node b 0.375 0.25 0.75 0.5 b solid ellipse black lightgrey\n"
        "edge a b 4 0.375 0.99579 0.375 0.89454 0.375 0.77398 0.375 0.66022 solid black\n"
        "stop\n",
        stdin="digraph { a -> b }",
    ),
)

DRAWING = (RESVG, GRAPHVIZ)
