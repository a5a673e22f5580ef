// A core module of SpiderMonkey with a program in it: `node make.mjs TOOLS WIT WORLD BUNDLE OUT`.
//
// The engine is given the world's bindings, then runs the bundle to its first line: what is in its
// memory by then is the module. Of the machine it sees the bundle's folder and no variable.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [tools, wit, world, bundle, out] = process.argv.slice(2);
const parts = join(tools, "node_modules", "@bytecodealliance");
const library = join(parts, "componentize-js", "lib");
const features = ["stdio", "random", "clocks"];

const { splicer } = await import(pathToFileURL(join(library, "spidermonkey-embedding-splicer.js")));
const engine = readFileSync(join(library, "starlingmonkey_embedding.wasm"));
const spliced = splicer.spliceBindings(engine, features, undefined, wit, world, false);

const folder = dirname(bundle);
const room = join(folder, "engine");
mkdirSync(room);
writeFileSync(join(room, "in.wasm"), spliced.wasm);
// The engine takes 64 bits from a function as a number without a sign, and ends at any other.
const bindings = spliced.jsBindings.replaceAll("BigInt.asIntN(64", "BigInt.asUintN(64");
writeFileSync(join(folder, "initializer.js"), bindings);
const done = spawnSync(
  join(parts, "wizer-linux-x64", "wizer"),
  [
    "--allow-wasi",
    "--init-func=componentize.wizer",
    `--mapdir=/::${folder}`,
    "--wasm-bulk-memory=true",
    "--inherit-env=true",
    `-o=${join(room, "out.wasm")}`,
    join(room, "in.wasm"),
  ],
  {
    env: variables(spliced),
    input: `--initializer-script-path /initializer.js --strip-path-prefix / /${basename(bundle)}`,
    encoding: "utf8",
  },
);
if (done.status !== 0) {
  process.stderr.write(done.stderr || `wizer ended with ${done.status ?? done.signal ?? done.error}`);
  process.exit(1);
}
const made = readFileSync(join(room, "out.wasm"));
await check(made);
writeFileSync(out, splicer.stubWasi(made, features, undefined, wit, world));
process.exit(0);

/** What the engine's start has to know of the functions of a world. */
function variables({ exports, imports }) {
  const env = { SOURCE_NAME: basename(bundle), DEBUG: "", FEATURE_CLOCKS: "1" };
  env.EXPORT_CNT = `${exports.length}`;
  for (const [at, [name, { params, paramptr, ret, retptr, retsize }]] of exports.entries()) {
    env[`EXPORT${at}_NAME`] = name;
    env[`EXPORT${at}_ARGS`] = (paramptr ? "*" : "") + params.join(",");
    env[`EXPORT${at}_RET`] = (retptr ? "*" : "") + (ret || "");
    env[`EXPORT${at}_RETSIZE`] = `${retsize}`;
  }
  env.IMPORT_CNT = `${imports.length}`;
  for (const [at, [, name, count]] of imports.entries()) {
    env[`IMPORT${at}_NAME`] = name;
    env[`IMPORT${at}_ARGCNT`] = `${count}`;
  }
  return env;
}

/** Asks the module whether it found all exports of the world; its words where it did not. */
async function check(bytes) {
  let said = "";
  const module = await WebAssembly.compile(bytes);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {
      throw new Error(`${name} was called too early`);
    };
  }
  imports.wasi_snapshot_preview1 ??= {};
  imports.wasi_snapshot_preview1.fd_write = (fd, pieces, count, written) => {
    const view = new DataView(instance.exports.memory.buffer);
    let total = 0;
    for (let at = pieces; at < pieces + 8 * count; at += 8) {
      const [begin, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      said += Buffer.from(view.buffer, begin, length).toString();
      total += length;
    }
    view.setUint32(written, total, true);
    return 0;
  };
  const instance = await WebAssembly.instantiate(module, imports);
  const state = instance.exports.check_init();
  if (state !== 0) {
    process.stderr.write(said || `the engine's start ended with ${state}`);
    process.exit(1);
  }
}
