/** The library itself, where it runs: in a worker, or where its user is (`sync`). */

import { lifting } from "./values.js";

const symbolDispose = Symbol.dispose ?? Symbol.for("dispose");

/** A value as the host gave it went wrong in the host; `error` says which it was. */
export class HostFailure extends Error {
  constructor(error) {
    super("a function given to the library failed");
    this.error = error;
  }
}

export class Guest {
  #description;
  #root;
  #objects = new Map();
  #stubs = new Map();
  #last = 0;
  #memories = new Set();
  #host;
  #inside;
  #outside;
  #classes = [];

  /**
   * @param description what the library exports and imports
   * @param component the functions `instantiate` and `wasi` of its package
   * @param modules its compiled core modules by name
   * @param host `call(function, args)`, `drop(resource, handle)` and `write(stream, bytes)`
   */
  constructor(description, component, modules, host) {
    this.#description = description;
    this.#host = host;
    const { types } = description;
    // Towards the guest, objects stand for handles; towards the user, handles for objects.
    this.#inside = lifting(types, (resource, owned, handle) => this.#object(resource, owned, handle));
    this.#outside = lifting(types, (resource, owned, object) => this.#handle(resource, owned, object));
    const imports = { ...component.wasi(host.write), ...this.#imports() };
    const instantiate = (module, given) => {
      const instance = new WebAssembly.Instance(module, given);
      for (const each of Object.values(instance.exports)) {
        if (each instanceof WebAssembly.Memory) this.#memories.add(each);
      }
      return instance;
    };
    this.#root = component.instantiate((name) => modules[name], imports, instantiate);
  }

  /** Bytes of memory that it has. */
  get memory() {
    let sum = 0;
    for (const each of this.#memories) sum += each.buffer.byteLength;
    return sum;
  }

  /** Calls a function by its number, with plain data: `{ ok }` or `{ error }`, plain data too. */
  call(number, args) {
    const { functions, types } = this.#description;
    const called = functions[number];
    const given = args.map((value, at) => this.#inside(called.types[at])(value));
    const [kind, ok, error] = called.result === null ? [] : types[called.result];
    const isResult = kind === "result";
    let answer;
    try {
      answer = this.#invoke(called, given);
    } catch (thrown) {
      if (!isResult || !(thrown instanceof Error) || !Object.hasOwn(thrown, "payload")) throw thrown;
      return { error: error === null ? undefined : this.#outside(error)(thrown.payload) };
    }
    const type = isResult ? ok : called.result;
    return { ok: type === null ? undefined : this.#outside(type)(answer) };
  }

  /** Ends one of its objects. */
  drop(handle) {
    const object = this.#objects.get(handle);
    this.#objects.delete(handle);
    object?.[symbolDispose]?.();
  }

  #invoke(called, given) {
    const { interfaces, resources } = this.#description;
    const at = interfaces[called.of].key;
    const home = at === "" ? this.#root : this.#root[at];
    switch (called.kind) {
      case "function": return home[called.core](...given);
      case "constructor": return new home[resources[called.resource].core](...given);
      case "static": return home[resources[called.resource].core][called.core](...given);
      default: return given[0][called.core](...given.slice(1));
    }
  }

  #object(resource, owned, handle) {
    if (!this.#description.resources[resource].exported) return this.#stub(resource, handle);
    const object = this.#objects.get(handle);
    if (owned) this.#objects.delete(handle);
    return object;
  }

  #handle(resource, owned, object) {
    if (!this.#description.resources[resource].exported) return this.#stubs.get(object);
    this.#objects.set(++this.#last, object);
    return this.#last;
  }

  #stub(resource, handle) {
    const stub = Object.create(this.#classes[resource].prototype);
    this.#stubs.set(stub, handle);
    return stub;
  }

  #imports() {
    const { functions, interfaces, resources } = this.#description;
    const found = {};
    const home = (index) => {
      const { keys } = interfaces[index];
      found[keys[0]] ??= {};
      for (const key of keys) found[key] = found[keys[0]];
      return found[keys[0]];
    };
    resources.forEach((resource, index) => {
      if (!resource.exported) home(resource.of)[resource.core] = this.#class(index);
    });
    functions.forEach((called, number) => {
      if (interfaces[called.of].exported) return;
      const ask = (...args) => this.#ask(number, args);
      const Class = this.#classes[called.resource];
      if (called.kind === "static") Class[called.core] = ask;
      else if (called.kind === "method") {
        Class.prototype[called.core] = function (...args) { return ask(this, ...args); };
      } else if (called.kind === "constructor") Class.made = ask;
      else if (interfaces[called.of].keys[0] === "") found[called.core] = { default: ask };
      else home(called.of)[called.core] = ask;
    });
    return found;
  }

  #class(index) {
    const guest = this;
    class Stub {
      constructor(...args) {
        return Stub.made(...args);
      }
      [symbolDispose]() {
        const handle = guest.#stubs.get(this);
        guest.#stubs.delete(this);
        guest.#host.drop(index, handle);
      }
    }
    this.#classes[index] = Stub;
    return Stub;
  }

  #ask(number, args) {
    const { functions, types } = this.#description;
    const asked = functions[number];
    const given = args.map((value, at) => this.#outside(asked.types[at])(value));
    const answer = this.#host.call(number, given);
    const [kind, ok, error] = asked.result === null ? [] : types[asked.result];
    if ("error" in answer) {
      const payload = error === null ? undefined : this.#inside(error)(answer.error);
      throw Object.assign(new Error("an error of the host's"), { payload });
    }
    const type = kind === "result" ? ok : asked.result;
    return type === null ? undefined : this.#inside(type)(answer.ok);
  }
}
