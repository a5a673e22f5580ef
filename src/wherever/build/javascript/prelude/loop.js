// The event loop: promises first, then what is due of timers, until nothing is left to wait for.
import { clock, sleep } from "./host.js";
import { drain, enqueue, takeUnhandled } from "./promise.js";

const LONGEST = 2147483647;

const timers = []; // by when they are due, then by when they were set
let immediates = [];
const ticks = [];
let counted = 0;

const byId = new Map();

let recordOf;

/** What `setTimeout` gives: as Node's, it can be held back from keeping the program alive. */
class Timeout {
  #record;
  static {
    recordOf = (which) =>
      typeof which === "object" && which !== null && #record in which
        ? which.#record
        : byId.get(Number(which));
  }
  constructor(record) {
    this.#record = record;
  }
  ref() {
    this.#record.counts = true;
    return this;
  }
  unref() {
    this.#record.counts = false;
    return this;
  }
  hasRef() {
    return this.#record.counts;
  }
  refresh() {
    if (byId.has(this.#record.id)) {
      unschedule(this.#record);
      schedule(this.#record);
    }
    return this;
  }
  close() {
    clear(this);
    return this;
  }
  [Symbol.toPrimitive]() {
    return this.#record.id;
  }
}

function start(callback, delay, args, repeats) {
  mustBeFunction(callback);
  const milliseconds = Number(delay);
  const record = {
    id: ++counted,
    callback,
    args,
    repeats,
    delay: milliseconds >= 1 && milliseconds <= LONGEST ? Math.trunc(milliseconds) : 1,
    counts: true,
    due: 0,
  };
  byId.set(record.id, record);
  schedule(record);
  return new Timeout(record);
}

function schedule(timer) {
  timer.due = clock() + timer.delay;
  let at = timers.length;
  while (at > 0 && timers[at - 1].due > timer.due) at--;
  timers.splice(at, 0, timer);
}

function unschedule(timer) {
  const at = timers.indexOf(timer);
  if (at >= 0) timers.splice(at, 1);
}

function mustBeFunction(callback) {
  if (typeof callback === "function") return;
  const error = new TypeError(
    `The "callback" argument must be of type function. Received ${callback}`,
  );
  error.code = "ERR_INVALID_ARG_TYPE";
  throw error;
}

export function setTimeout(callback, delay, ...args) {
  return start(callback, delay, args, false);
}

export function setInterval(callback, delay, ...args) {
  return start(callback, delay, args, true);
}

function clear(which) {
  const timer = recordOf(which);
  if (timer === undefined) return;
  byId.delete(timer.id);
  unschedule(timer);
}

export function clearTimeout(which) {
  clear(which);
}

export function clearInterval(which) {
  clear(which);
}

export function setImmediate(callback, ...args) {
  mustBeFunction(callback);
  const immediate = { callback, args };
  immediates.push(immediate);
  return immediate;
}

export function clearImmediate(immediate) {
  immediates = immediates.filter((each) => each !== immediate);
}

export function queueMicrotask(callback) {
  mustBeFunction(callback);
  enqueue(callback);
}

export function nextTick(callback, ...args) {
  mustBeFunction(callback);
  ticks.push(() => callback(...args));
}

function settle() {
  do {
    while (ticks.length > 0) {
      ticks.shift()();
      drain();
    }
    drain();
  } while (ticks.length > 0);
  const left = takeUnhandled();
  if (left !== undefined) throw new Unhandled(left[0]);
}

/** Carries the reason of a rejection that nobody handled. */
export class Unhandled {
  constructor(reason) {
    this.reason = reason;
  }
}

let outside;

/** Waits for what comes from elsewhere too: whether it `isAwaited`, and how it can `wait`. */
export function listen(source) {
  outside = source;
}

/**
 * Runs until nothing is left, or until `done` says so; what a callback throws comes out.
 */
export function turn(done = () => false) {
  for (;;) {
    settle();
    if (done()) return;
    const due = immediates;
    immediates = [];
    for (const { callback, args } of due) {
      callback(...args);
      settle();
    }
    const isAwaited = outside?.isAwaited ?? false;
    if (due.length === 0) {
      if (!isAwaited && !timers.some((timer) => timer.counts)) return;
      const wait = timers.length > 0 ? timers[0].due - clock() : Infinity;
      if (isAwaited) outside.wait(wait);
      else if (wait > 0) sleep(wait);
    } else if (isAwaited) outside.wait(0);
    fire();
    if (done()) return;
  }
}

function fire() {
  const time = clock();
  while (timers.length > 0 && timers[0].due <= time) {
    const timer = timers.shift();
    if (timer.repeats) schedule(timer);
    else byId.delete(timer.id);
    timer.callback(...timer.args);
    settle();
  }
}
