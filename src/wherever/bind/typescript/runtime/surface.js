/** What the user of a library holds: its functions and classes, over a connection to it. */

import { ClosedError, ResultError } from "./errors.js";
import { lifting, lowering } from "./values.js";

const symbolDispose = Symbol.dispose ?? Symbol.for("dispose");
const states = new WeakMap();
const PRIVATE = Symbol("made by the library");

/** Values between a user and one running library: resources become objects, and back. */
export class Crossing {
  #description;
  #lower;
  #lift;
  #drop;
  #owner;
  #held = new Map();
  #last = 0;
  #gone = [];
  #forgotten;
  classes = [];

  /** @param drop ends the library's object of a handle @param owner says whose objects they are */
  constructor(description, owner, drop) {
    this.#description = description;
    this.#owner = owner;
    this.#drop = drop;
    this.#lower = lowering(description.types, (...each) => this.#give(...each));
    this.#lift = lifting(description.types, (...each) => this.#take(...each));
    this.#forgotten = new FinalizationRegistry((handle) => drop(handle));
  }

  /** The arguments of a call as plain data. */
  args(called, self, given) {
    const { resources } = this.#description;
    const owner = called.resource === null ? "" : `${resources[called.resource].name}.`;
    const all = called.kind === "method" ? [self, ...given] : given;
    this.#gone.length = 0;
    const out = called.params.map((name, at) =>
      this.#lower(called.types[at])(all[at], `${owner}${called.name}: ${name}`));
    for (const state of this.#gone.splice(0)) this.#end(state);
    return out;
  }

  /** What a call answers: its value, or an exception. */
  answer(called, answer) {
    const [kind, ok, error] = called.result === null ? [] : this.#description.types[called.result];
    if ("error" in answer) {
      const payload = error === null ? undefined : this.#lift(error)(answer.error);
      throw new ResultError(called.name, payload);
    }
    const type = kind === "result" ? ok : called.result;
    return type === null ? undefined : this.#lift(type)(answer.ok);
  }

  /** What the user's function is called with. */
  asked(called, args) {
    return args.map((value, at) => this.#lift(called.types[at])(value));
  }

  /** What the user's function answered, as plain data. */
  answered(called, value) {
    const [kind, ok] = called.result === null ? [] : this.#description.types[called.result];
    const type = kind === "result" ? ok : called.result;
    if (type === null) return { ok: undefined };
    this.#gone.length = 0;
    const out = this.#lower(type)(value, `${called.name}: what the given function answers`);
    for (const state of this.#gone.splice(0)) this.#end(state);
    return { ok: out };
  }

  /** What the user's function threw, as plain data; undefined where it is no error of its own. */
  failed(called, thrown) {
    const [kind, , error] = called.result === null ? [] : this.#description.types[called.result];
    if (kind !== "result" || !(thrown instanceof Object) || !("payload" in thrown)) return undefined;
    if (error === null) return { error: undefined };
    return { error: this.#lower(error)(thrown.payload, `${called.name}: the payload of its error`) };
  }

  /** The user's object of a handle; it is forgotten where it is `owned` no longer. */
  release(handle) {
    const object = this.#held.get(handle);
    this.#held.delete(handle);
    return object;
  }

  /** Closes an object of the library's. */
  close(object) {
    const state = states.get(object);
    if (state.handle === undefined) return;
    const { handle } = state;
    this.#end(state);
    this.#drop(handle);
  }

  #give(resource, owned, value, at) {
    const { exported, name } = this.#description.resources[resource];
    if (!exported) {
      if (!(value instanceof Object)) throw new TypeError(`${at} must be a ${name}`);
      this.#held.set(++this.#last, value);
      return this.#last;
    }
    const state = states.get(value);
    if (state?.resource !== resource) throw new TypeError(`${at} must be a ${name}`);
    if (state.crossing !== this) {
      throw new ClosedError(`${at} is a ${name} of another ${this.#owner}, or of one that has ended`);
    }
    if (state.handle === undefined || this.#gone.includes(state)) {
      throw new ClosedError(`${at} is a ${name} that is closed, or was given away`);
    }
    if (owned) this.#gone.push(state);
    return state.handle;
  }

  #take(resource, owned, handle) {
    if (!this.#description.resources[resource].exported) {
      const object = this.#held.get(handle);
      if (owned) this.#held.delete(handle);
      return object;
    }
    const object = new this.classes[resource](PRIVATE);
    const state = { crossing: this, resource, handle };
    states.set(object, state);
    this.#forgotten.register(object, handle, state);
    return object;
  }

  #end(state) {
    state.handle = undefined;
    this.#forgotten.unregister(state);
  }
}

/**
 * The functions and classes of a library by their names, in groups where it has several.
 *
 * @param call `call(number, self, args)` does what a function does
 * @param isAsync whether it answers with promises, so that classes have `create`
 * @param bases classes that these extend, by resource
 */
export function surface(description, call, isAsync, bases = []) {
  const { functions, interfaces, resources } = description;
  const top = {};
  const classes = [];
  const group = (index) => {
    const { at } = interfaces[index];
    return at === "" ? top : (top[at] ??= {});
  };
  resources.forEach(({ name, of, exported }, index) => {
    if (!exported) return;
    classes[index] = handleClass(name, bases[index], index, isAsync, functions, call);
    group(of)[name] = classes[index];
  });
  functions.forEach((called, number) => {
    if (!interfaces[called.of].exported) return;
    const named = (value) => Object.defineProperty(value, "name", { value: called.name });
    const Class = classes[called.resource];
    if (called.kind === "function") {
      group(called.of)[called.name] = named((...args) => call(number, undefined, args));
    } else if (called.kind === "method") {
      const method = named(function (...args) { return call(number, this, args); });
      Object.defineProperty(Class.prototype, called.name, { value: method });
    } else if (called.kind === "static" || isAsync) {
      Class[called.name] = named((...args) => call(number, undefined, args));
    }
  });
  return { top, classes };
}

function handleClass(name, Base, index, isAsync, functions, call) {
  const made = functions.findIndex((each) => each.kind === "constructor" && each.resource === index);
  const constructed = (args) => {
    if (made < 0) throw new TypeError(`a ${name} comes from functions of the library`);
    if (isAsync) throw new TypeError(`a ${name} comes from: await ${name}.create(...)`);
    return call(made, undefined, args);
  };
  const Class = class extends (Base ?? Handle) {
    constructor(...args) {
      if (args[0] !== PRIVATE) return constructed(args);
      super(PRIVATE);
    }
  };
  return Object.defineProperty(Class, "name", { value: name });
}

class Handle {
  close() {
    states.get(this).crossing.close(this);
  }

  [symbolDispose]() {
    this.close();
  }
}
