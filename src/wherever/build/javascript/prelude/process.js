// `process`, as far as plain programs use it.
import { absolute, cwd } from "./files.js";
import { clock } from "./host.js";
import { nextTick } from "./loop.js";
import { args, env, exit, stderr, stdin, stdout } from "./wherever.js";

const listeners = new Map();

function stream(which, fd) {
  return {
    fd,
    get isTTY() {
      return which.isTerminal || undefined;
    },
    write(data, encoding, done) {
      which.write(data);
      const after = typeof encoding === "function" ? encoding : done;
      if (typeof after === "function") nextTick(after);
      return true;
    },
    end(data) {
      if (data !== undefined && typeof data !== "function") which.write(data);
    },
    on() {
      return this;
    },
    once() {
      return this;
    },
    emit: () => false,
  };
}

export const process = {
  title: "wherever",
  platform: "wasi",
  arch: "wasm32",
  version: "",
  versions: {},
  pid: 1,
  exitCode: undefined,
  env,
  get argv() {
    return ["/wherever", absolute("main.js"), ...args];
  },
  execArgv: [],
  stdin: {
    fd: 0,
    get isTTY() {
      return stdin.isTerminal || undefined;
    },
    setEncoding() {
      return this;
    },
    async *[Symbol.asyncIterator]() {
      for (let part; (part = stdin.read()) !== null; ) yield part;
    },
    on(event, callback) {
      if (event === "data") {
        nextTick(() => {
          const text = stdin.text();
          if (text !== "") callback(text);
        });
      }
      if (event === "end" || event === "close") nextTick(() => nextTick(callback));
      return this;
    },
  },
  stdout: stream(stdout, 1),
  stderr: stream(stderr, 2),
  cwd,
  exit(code) {
    const last = code ?? process.exitCode ?? 0;
    for (const callback of listeners.get("exit") ?? []) callback(last);
    exit(last);
  },
  nextTick,
  uptime: () => clock() / 1000,
  hrtime: Object.assign(
    (since = [0, 0]) => {
      const time = clock() - (since[0] * 1e3 + since[1] / 1e6);
      return [Math.floor(time / 1e3), Math.round((time % 1e3) * 1e6)];
    },
    { bigint: () => BigInt(Math.round(clock() * 1e6)) },
  ),
  memoryUsage: () => ({ heapUsed: globalThis.__cqjs?.getMemoryUsage().memoryUsedSize ?? 0 }),
  emitWarning: (warning) => stderr.write(`Warning: ${warning?.message ?? warning}\n`),
  on(event, callback) {
    listeners.set(event, [...(listeners.get(event) ?? []), callback]);
    return process;
  },
  once: (event, callback) => process.on(event, callback),
  off(event, callback) {
    listeners.set(event, (listeners.get(event) ?? []).filter((each) => each !== callback));
    return process;
  },
  emit(event, ...values) {
    const found = listeners.get(event) ?? [];
    for (const callback of found) callback(...values);
    return found.length > 0;
  },
  get [Symbol.toStringTag]() {
    return "process";
  },
};
