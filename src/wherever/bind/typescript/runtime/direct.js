/** A library without a worker: calls are plain calls, and nothing can end one that runs on. */

import { ended, sent } from "./ending.js";
import { ClosedError } from "./errors.js";
import { Guest, HostFailure } from "./guest.js";
import { hosts } from "./hosts.js";
import { output } from "./output.js";
import { Crossing, surface } from "./surface.js";

class Direct {
  #description;
  #guest;
  #crossing;
  #memory;
  #why;
  #isBusy = false;
  #later = [];

  constructor(description, component, modules, options) {
    this.#description = description;
    this.#memory = options.memory;
    const found = hosts(description, options.imports);
    this.#crossing = new Crossing(description, description.name, (handle) => this.#drop(handle));
    const host = {
      call: (number, args) => this.#asked(number, found[number], args),
      drop: (_, handle) => dispose(this.#crossing.release(handle)),
      write: output(options),
    };
    this.#guard(() => { this.#guest = new Guest(description, component, modules, host); });
  }

  get isOpen() {
    return this.#why === undefined;
  }

  bind(classes) {
    this.#crossing.classes = classes;
  }

  call(number, self, args) {
    if (this.#why !== undefined) throw this.#why;
    const { name } = this.#description;
    if (this.#isBusy) throw new ClosedError(`${name} cannot be called by a function it waits for`);
    const called = this.#description.functions[number];
    const given = this.#crossing.args(called, self, args);
    return this.#crossing.answer(called, this.#guard(() => this.#guest.call(number, given)));
  }

  close() {
    this.#why ??= new ClosedError(`${this.#description.name} is closed`);
    this.#guest = undefined;
  }

  /** Frees an object of the library's; not while it is busy, for it does one thing at a time. */
  #drop(handle) {
    if (this.#isBusy) this.#later.push(handle);
    else if (this.#guest !== undefined) this.#guard(() => this.#guest.drop(handle));
  }

  #guard(does) {
    this.#isBusy = true;
    try {
      return does();
    } catch (thrown) {
      const memory = this.#guest?.memory ?? 0;
      this.#guest = undefined;
      const { name } = this.#description;
      const isHost = thrown instanceof HostFailure;
      const error = isHost ? thrown.error : ended(name, sent(thrown), memory, this.#memory);
      this.#why = new ClosedError(`${name} has ended: ${error?.message ?? error}; open it again`);
      throw error;
    } finally {
      this.#isBusy = false;
      for (const handle of this.#later.splice(0)) this.#drop(handle);
    }
  }

  #asked(number, does, args) {
    const asked = this.#description.functions[number];
    try {
      const value = does(this.#crossing.asked(asked, args));
      if (typeof value?.then === "function") {
        throw new TypeError(`${asked.name}: the given function must answer at once, without a worker`);
      }
      return this.#crossing.answered(asked, value);
    } catch (thrown) {
      const answer = this.#crossing.failed(asked, thrown);
      if (answer !== undefined) return answer;
      throw new HostFailure(thrown);
    }
  }
}

/** What the entry point `sync` exports. @param modules gives the compiled modules for a limit */
export function direct(description, component, modules) {
  let defaults = {};
  let shared;
  const opened = (options, bases) => {
    const library = new Direct(description, component, modules(options.memory), options);
    const { top, classes } = surface(description, (...each) => library.call(...each), false, bases);
    library.bind(classes);
    const close = () => library.close();
    return { library, api: Object.assign(top, { close, [Symbol.dispose ?? Symbol.for("dispose")]: close }) };
  };
  const call = (...each) => {
    if (!shared?.library.isOpen) shared = opened(defaults, bases);
    return shared.library.call(...each);
  };
  const { top, classes: bases } = surface(description, call, false);
  return {
    top,
    open: (options = {}) => opened(options, bases).api,
    configure: (options) => {
      shared?.library.close();
      shared = undefined;
      defaults = options;
    },
  };
}

function dispose(object) {
  object?.[Symbol.dispose ?? Symbol.for("dispose")]?.();
}
