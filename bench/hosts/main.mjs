import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { open } from "border";
import * as sync from "border/sync";
import { instantiate, wasi } from "./node_modules/border/component.js";
import { host, plain, turns } from "./turns.mjs";

if (process.argv[2] === "serve") {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, args] = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(plain[name](...args)) ?? null}\n`);
  }
} else {
  await measured();
}

/** What jco makes of the component, with nothing of ours around it. */
function jco() {
  const folder = new URL("./node_modules/border/", import.meta.url);
  const module = (name) => new WebAssembly.Module(readFileSync(new URL(name, folder)));
  const imports = { ...wasi(() => {}), "bench:border/host": host, "bench:border/host@1.0.0": host };
  const made = instantiate(module, imports);
  return made["bench:border/calls@1.0.0"];
}

/** A process that answers lines of JSON. */
function json() {
  const server = spawn(process.execPath, [process.argv[1], "serve"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = [];
  createInterface({ input: server.stdout }).on("line", (line) => waiting.shift()(JSON.parse(line)));
  const ask = (name) => (...args) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      server.stdin.write(`${JSON.stringify([name, args])}\n`);
    });
  const ways = Object.fromEntries(Object.keys(plain).map((name) => [name, ask(name)]));
  const bytes = ask("text");
  ways.bytes = async (data) => Buffer.from(await bytes(Buffer.from(data).toString("base64")), "base64");
  ways.sum = (floats) => ask("sum")(Array.from(floats));
  return { ways, end: () => server.kill() };
}

async function measured() {
  const lib = await open({ imports: { host }, timeout: 60_000 });
  const here = await sync.open({ imports: { host } });
  const server = json();
  const processor = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const ways = { ours: lib, sync: here, jco: jco(), JSON: server.ways, plain };
  await turns(ways, processor, console.log);
  server.end();
  await lib.close();
}
