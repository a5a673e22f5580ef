// Promises that wait in a queue of ours. The engine runs its own queue only while a program is
// built, so `await`, which the build turns into promises, and these have to bring their own.

const jobs = [];
let next = 0;

/** Rejected promises that nothing handles. */
const unhandled = new Set();

export function enqueue(job) {
  jobs.push(job);
}

/** Runs what is waiting, and what that brings, to the end. */
export function drain() {
  while (next < jobs.length) {
    const job = jobs[next];
    jobs[next++] = undefined;
    if (next === 4096) {
      jobs.splice(0, next);
      next = 0;
    }
    job();
  }
  jobs.length = next = 0;
}

/** The first rejected promise that is not handled, as [reason], taken off the list. */
export function takeUnhandled() {
  for (const promise of unhandled) {
    unhandled.delete(promise);
    return [reasonOf(promise)];
  }
  return undefined;
}

let reasonOf, stateOf;

/** "pending", "fulfilled" or "rejected", and the value. */
export function peek(promise) {
  return stateOf(promise);
}

class OwnPromise {
  #state = "pending";
  #value;
  #waiting = [];
  #handled = false;

  static {
    reasonOf = (promise) => promise.#value;
    stateOf = (promise) =>
      typeof promise === "object" && promise !== null && #state in promise
        ? { state: promise.#state, value: promise.#value }
        : undefined;
  }

  constructor(executor) {
    if (typeof executor !== "function") {
      throw new TypeError(`Promise resolver ${describe(executor)} is not a function`);
    }
    const { resolve, reject } = this.#functions();
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  #functions() {
    let used = false;
    return {
      resolve: (value) => {
        if (!used) {
          used = true;
          this.#resolve(value);
        }
      },
      reject: (reason) => {
        if (!used) {
          used = true;
          this.#settle("rejected", reason);
        }
      },
    };
  }

  #resolve(value) {
    if (value === this) {
      const error = new TypeError("Chaining cycle detected for promise #<Promise>");
      return this.#settle("rejected", error);
    }
    if (value === null || (typeof value !== "object" && typeof value !== "function")) {
      return this.#settle("fulfilled", value);
    }
    let then;
    try {
      then = value.then;
    } catch (error) {
      return this.#settle("rejected", error);
    }
    if (typeof then !== "function") return this.#settle("fulfilled", value);
    enqueue(() => {
      const { resolve, reject } = this.#functions();
      try {
        then.call(value, resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
  }

  #settle(state, value) {
    this.#state = state;
    this.#value = value;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (state === "rejected" && !this.#handled) unhandled.add(this);
    for (const wake of waiting) enqueue(wake);
  }

  then(fulfilled, rejected) {
    const made = capability(speciesOf(this));
    const wake = () => {
      const [handler, settle] =
        this.#state === "fulfilled" ? [fulfilled, made.resolve] : [rejected, made.reject];
      if (typeof handler !== "function") return settle(this.#value);
      let result;
      try {
        result = handler(this.#value);
      } catch (error) {
        return made.reject(error);
      }
      made.resolve(result);
    };
    if (!this.#handled) {
      this.#handled = true;
      unhandled.delete(this);
    }
    if (this.#state === "pending") this.#waiting.push(wake);
    else enqueue(wake);
    return made.promise;
  }

  catch(rejected) {
    return this.then(undefined, rejected);
  }

  finally(last) {
    if (typeof last !== "function") return this.then(last, last);
    const C = speciesOf(this);
    return this.then(
      (value) => promiseResolve(C, last()).then(() => value),
      (reason) =>
        promiseResolve(C, last()).then(() => {
          throw reason;
        }),
    );
  }

  static resolve(value) {
    return promiseResolve(this, value);
  }

  static reject(reason) {
    const made = capability(this);
    made.reject(reason);
    return made.promise;
  }

  static withResolvers() {
    return capability(this);
  }

  static try(body, ...args) {
    const made = capability(this);
    try {
      made.resolve(body(...args));
    } catch (error) {
      made.reject(error);
    }
    return made.promise;
  }

  static all(items) {
    return gather(this, items, (made, values, keep) => [
      (value) => keep(value),
      made.reject,
    ]);
  }

  static allSettled(items) {
    return gather(this, items, (made, values, keep) => [
      (value) => keep({ status: "fulfilled", value }),
      (reason) => keep({ status: "rejected", reason }),
    ]);
  }

  static any(items) {
    return gather(
      this,
      items,
      (made, values, keep) => [made.resolve, (reason) => keep(reason)],
      (made, reasons) => made.reject(new AggregateError(reasons, "All promises were rejected")),
    );
  }

  static race(items) {
    const made = capability(this);
    try {
      for (const item of items) this.resolve(item).then(made.resolve, made.reject);
    } catch (error) {
      made.reject(error);
    }
    return made.promise;
  }

  static get [Symbol.species]() {
    return this;
  }
}

function describe(value) {
  return value === undefined || value === null || typeof value !== "object"
    ? String(value)
    : `#<${value.constructor?.name ?? "Object"}>`;
}

function speciesOf(promise) {
  const C = promise.constructor;
  if (C === undefined) return OwnPromise;
  return C[Symbol.species] ?? OwnPromise;
}

function capability(C) {
  if (typeof C !== "function") throw new TypeError("PromiseResolve called on non-object");
  const made = { promise: undefined, resolve: undefined, reject: undefined };
  made.promise = new C((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  return made;
}

function promiseResolve(C, value) {
  if (stateOf(value) !== undefined && value.constructor === C) return value;
  const made = capability(C);
  made.resolve(value);
  return made.promise;
}

function gather(C, items, handlers, finish = (made, values) => made.resolve(values)) {
  const made = capability(C);
  const values = [];
  let left = 1;
  const done = () => {
    if (--left === 0) finish(made, values);
  };
  try {
    let index = 0;
    for (const item of items) {
      const at = index++;
      let used = false;
      values.push(undefined);
      left++;
      const keep = (value) => {
        if (used) return;
        used = true;
        values[at] = value;
        done();
      };
      C.resolve(item).then(...handlers(made, values, keep));
    }
    done();
  } catch (error) {
    made.reject(error);
  }
  return made.promise;
}

Object.defineProperty(OwnPromise, "name", { value: "Promise" });
Object.defineProperty(OwnPromise.prototype, Symbol.toStringTag, {
  value: "Promise",
  configurable: true,
});

export { OwnPromise };

/** Does as `Array.fromAsync`, whose own waits in the engine's queue. */
export async function fromAsync(items, map, self) {
  const made = typeof this === "function" && this !== Array ? new this() : [];
  const step = map === undefined ? (item) => item : (item, index) => map.call(self, item, index);
  let index = 0;
  if (items[Symbol.asyncIterator] !== undefined || items[Symbol.iterator] !== undefined) {
    for await (const item of items) made[index] = await step(item, index++);
  } else {
    for (; index < items.length; index++) made[index] = await step(await items[index], index);
  }
  made.length = index;
  return made;
}
