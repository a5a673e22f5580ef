"""JavaScript and TypeScript: bundled by esbuild, run by QuickJS in a component of WASI 0.2."""
