/** A library in a worker: calls are messages, and one that runs on is ended with the worker. */

import { encode } from "./codec.js";
import { ended, late } from "./ending.js";
import { ClosedError } from "./errors.js";
import { hosts } from "./hosts.js";
import { output } from "./output.js";
import { Crossing, surface } from "./surface.js";

const ROOM = 1 << 16;
const HEAD = 8;
const OPENING_MS = 10_000;

class Remote {
  #description;
  #worker;
  #crossing;
  #options;
  #hosts;
  #write;
  #shared;
  #waiting = [];
  #timer;
  #why;
  #thrown;
  #here;
  #arrived;

  constructor(description, platform, options) {
    const { name, functions, interfaces } = description;
    this.#description = description;
    this.#options = options;
    milliseconds(options.timeout);
    this.#hosts = hosts(description, options.imports);
    if (functions.some(({ of }) => !interfaces[of].exported)) {
      if (typeof SharedArrayBuffer === "undefined") {
        throw new TypeError(
          `${name} calls its host, and this page has no SharedArrayBuffer to wait with: serve it` +
            " with the headers Cross-Origin-Opener-Policy: same-origin and" +
            ` Cross-Origin-Embedder-Policy: require-corp, or import ${name}/sync, without a worker`,
        );
      }
      this.#shared = new SharedArrayBuffer(HEAD + ROOM);
    }
    this.#write = output(options);
    this.#crossing = new Crossing(description, name, (handle) => this.#post({ drop: handle }));
    this.#here = new Promise((resolve, reject) => { this.#arrived = { resolve, reject }; });
    this.#here.catch(() => {});
    this.#worker = platform.start((message) => this.#heard(message), (error) => this.#broke(error));
  }

  get isOpen() {
    return this.#why === undefined;
  }

  /** Gives the worker its modules; resolves when the library is ready. */
  async ready(modules, classes) {
    this.#crossing.classes = classes;
    await this.#here;
    const message = { modules, shared: this.#shared };
    const { timeout } = this.#options;
    // Opening is no call: a limit for calls may be shorter than a large library needs to begin.
    return this.#ask(message, "opening it", timeout && Math.max(timeout, OPENING_MS));
  }

  async call(number, self, args) {
    if (this.#why !== undefined) throw this.#why;
    const called = this.#description.functions[number];
    const own = called.params.length - (called.kind === "method" ? 1 : 0);
    const { timeout = this.#options.timeout, signal } = args[own] ?? {};
    milliseconds(timeout);
    signal?.throwIfAborted();
    const given = this.#crossing.args(called, self, args.slice(0, own));
    const asked = this.#ask({ call: number, args: given }, called.name, timeout);
    if (!signal) return this.#crossing.answer(called, await asked);
    const abort = () => this.#end(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      return this.#crossing.answer(called, await asked);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  close() {
    const { name } = this.#description;
    this.#end(new ClosedError(`${name} was closed`), new ClosedError(`${name} is closed`));
  }

  #ask(message, what, timeout) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, what, timeout });
      if (this.#waiting.length === 1) this.#begin();
      try {
        this.#post(message);
      } catch (error) {
        this.#end(error);
      }
    });
  }

  /** Time begins for the call that is first in line now. */
  #begin() {
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    this.#worker.hold(first !== undefined);
    if (first?.timeout === undefined) return;
    const { what, timeout } = first;
    this.#timer = setTimeout(() => this.#end(late(this.#description.name, what, timeout)), timeout);
  }

  #post(message) {
    if (this.#why === undefined) this.#worker.post(message);
  }

  #heard(message) {
    if (this.#why !== undefined) return;
    if ("write" in message) this.#write(message.write, message.bytes);
    else if ("here" in message) this.#arrived.resolve();
    else if ("drop" in message) this.#crossing.release(message.drop)?.[Symbol.dispose ?? Symbol.for("dispose")]?.();
    else if ("asked" in message) this.#asked(message.asked, message.args).catch((error) => this.#end(error));
    else if ("more" in message) this.#reply();
    else if ("trap" in message) {
      const { name } = this.#description;
      const thrown = this.#thrown;
      this.#end(thrown ? thrown.error : ended(name, message.trap, message.memory, this.#options.memory));
    } else {
      const { resolve } = this.#waiting.shift();
      this.#begin();
      resolve(message);
    }
  }

  #broke(error) {
    const text = `the worker of ${this.#description.name} broke: ${error?.message ?? error}`;
    this.#end(new ClosedError(text, { cause: error }));
  }

  #end(error, later) {
    if (this.#why !== undefined) return;
    clearTimeout(this.#timer);
    const { name } = this.#description;
    this.#why = later ?? new ClosedError(`${name} has ended: ${error?.message ?? error}; open it again`);
    this.#worker.end();
    this.#arrived.reject(error);
    const [first, ...others] = this.#waiting.splice(0);
    first?.reject(error);
    for (const each of others) each.reject(this.#why);
  }

  async #asked(number, args) {
    const asked = this.#description.functions[number];
    let answer;
    try {
      const value = await this.#hosts[number](this.#crossing.asked(asked, args));
      answer = this.#crossing.answered(asked, value);
    } catch (thrown) {
      try {
        answer = this.#crossing.failed(asked, thrown);
      } catch (wrong) {
        thrown = wrong;
      }
      if (answer === undefined) {
        this.#thrown = { error: thrown };
        answer = { thrown: true };
      }
    }
    this.#rest = encode(answer);
    this.#reply();
  }

  #rest;

  /** Writes as much of an answer as there is room for, and wakes the worker. */
  #reply() {
    const part = this.#rest.subarray(0, ROOM);
    this.#rest = this.#rest.subarray(part.length);
    new Uint8Array(this.#shared, HEAD).set(part);
    const head = new Int32Array(this.#shared, 0, 2);
    head[1] = this.#rest.length === 0 ? -part.length - 1 : part.length;
    Atomics.store(head, 0, 1);
    Atomics.notify(head, 0);
  }
}

/** What the main entry point exports. */
export function remote(description, platform) {
  let defaults = {};
  let shared;
  const opened = async (options) => {
    const modules = platform.modules(options.memory);
    const library = new Remote(description, platform, options);
    const { top, classes } = surface(description, (...each) => library.call(...each), true, bases);
    try {
      await library.ready(await modules, classes);
    } catch (error) {
      library.close();
      throw error;
    }
    const close = async () => library.close();
    return { library, api: Object.assign(top, { close, [Symbol.asyncDispose ?? Symbol.for("asyncDispose")]: close }) };
  };
  const call = async (...each) => {
    const mine = (shared ??= opened(defaults).catch((error) => {
      shared = undefined;
      throw error;
    }));
    let { library } = await mine;
    if (!library.isOpen) {
      if (shared === mine) shared = undefined;
      return call(...each);
    }
    return library.call(...each);
  };
  const { top, classes: bases } = surface(description, call, true);
  return {
    top,
    open: async (options = {}) => (await opened(options)).api,
    configure: (options) => {
      shared?.then(({ library }) => library.close(), () => {});
      shared = undefined;
      defaults = options;
    },
  };
}

function milliseconds(timeout) {
  if (timeout !== undefined && !(timeout > 0 && timeout < 2 ** 31)) {
    throw new RangeError(`timeout must be a number of milliseconds above 0, not ${timeout}`);
  }
}
