// Stands between the user's plain functions and classes and a world that was derived from them.
import { inspect } from "./inspect.js";
import { module, settled } from "./library.js";
import { turn } from "./loop.js";
import { process } from "./process.js";
import { fail, tell } from "./uncaught.js";

const INNER = Symbol("inner");
const same = (value) => value;
const MAKE = Symbol("make");
const hasLongs = typeof __cqjs === "undefined"; // QuickJS hands whole numbers of 64 bits over as doubles

/** The object that a component exports as its interface. */
export function bind({ types, classes, functions }) {
  const named = [];
  const wrappers = new Map();
  const known = { named, wrappers };
  for (const each of types) named.push(KINDS[each.kind](each, known));
  for (const each of classes) wrappers.set(each.name, wrapperOf());
  for (const each of classes) fill(wrappers.get(each.name), each, known);
  const api = {};
  for (const each of functions) api[each.wit] = call(each, module, known, resultOf(each, known));
  for (const each of classes) api[each.wit] = wrappers.get(each.name);
  return api;
}

/** What `wherever run` begins with: the user's `main`. */
export function run() {
  try {
    settled(module().main());
    turn();
    process.exit();
  } catch (error) {
    fail(error);
  }
}

// ----- functions

function call({ name, params, rest, throws, read }, scope, known, outward) {
  const inward = params.map((each) => converter(each, known).inward);
  const errors = throws.map(([own, isGlobal, label, type]) => ({
    find: () => (isGlobal ? globalThis[own] : module()[own]),
    label,
    outward: type ? converter(type, known).outward : (error) => `${error.message}`,
  }));
  const surely = (action) => {
    try {
      return action();
    } catch (error) {
      throw uncaught(error, errors);
    }
  };
  return function (...args) {
    const holder = surely(() => scope(this));
    const given = surely(() => inward.map((convert, at) => convert(args[at])));
    if (rest) given.push(...given.pop());
    let value;
    try {
      value = read ? holder[name] : settled(holder[name](...given));
    } catch (error) {
      throw surely(() => declared(error, errors));
    }
    try {
      return outward(value);
    } catch (error) {
      error.message = `${name} gave ${error.message}`;
      throw uncaught(error, errors);
    }
  };
}

/** A declared error as what the world says of it. */
function declared(error, errors) {
  const found = errors.find(({ find }) => error instanceof find());
  if (found === undefined) throw error;
  const value = found.outward(error);
  const payload = errors.length > 1 ? { tag: found.label, val: value } : value;
  return Object.assign(new Error(found.label), { payload });
}

/** What to throw so that the program traps; its words are on stderr by then. */
function uncaught(error, errors) {
  tell(error);
  // No error of a world is a symbol: the engine cannot take it for one that was declared.
  return errors.length > 0 ? Symbol("uncaught") : error;
}

function resultOf({ result }, known) {
  return result ? converter(result, known).outward : () => undefined;
}

function wrapperOf() {
  const Wrapper = class {
    constructor(...args) {
      this[INNER] = Wrapper[MAKE](...args);
    }
  };
  return Wrapper;
}

function fill(Wrapper, { name, constructor, methods, statics }, known) {
  const own = () => module()[name];
  if (constructor) {
    const scope = () => ({ make: (...args) => new (own())(...args) });
    Wrapper[MAKE] = call({ ...constructor, name: "make" }, scope, known, same);
  }
  for (const each of methods) {
    Wrapper.prototype[each.wit] = call(each, (self) => self[INNER], known, resultOf(each, known));
  }
  for (const each of statics) Wrapper[each.wit] = call(each, own, known, resultOf(each, known));
}

// ----- values: `inward` from the component to the user's code, `outward` the other way

const SAME = { inward: same, outward: same };

function converter(type, known) {
  if (type.kind === "ref") return known.named[type.at];
  if (type.kind === "class") return handle(type, known);
  return KINDS[type.kind](type, known);
}

const KINDS = {
  bool: () => SAME,
  string: () => SAME,
  f64: () => SAME,
  f32: () => SAME,
  whole: ({ name, least, most }) => ({
    inward: same,
    outward(value) {
      if (Number.isInteger(value) && value >= least && value <= most) return value;
      throw new RangeError(`${inspect(value)}, which is no ${name}`);
    },
  }),
  s64: () => long("s64", -(2n ** 63n), 2n ** 63n - 1n, BigInt.asIntN),
  u64: () => long("u64", 0n, 2n ** 64n - 1n, BigInt.asUintN),
  list,
  tuple({ of }, known) {
    const parts = of.map((each) => converter(each, known));
    const all = (way) => (value) => parts.map((each, at) => each[way](value[at]));
    return { inward: all("inward"), outward: all("outward") };
  },
  option({ of, absent }, known) {
    const inner = converter(of, known);
    const nothing = absent === "null" ? null : undefined;
    return {
      inward: (value) => (value === null || value === undefined ? nothing : inner.inward(value)),
      outward: (value) => (value === null || value === undefined ? undefined : inner.outward(value)),
    };
  },
  record,
  enum({ cases }) {
    const values = new Map(cases.map(([value, label]) => [label, value]));
    const labels = new Map(cases);
    return {
      inward: (label) => values.get(label),
      outward(value) {
        if (labels.has(value)) return labels.get(value);
        throw new TypeError(`${inspect(value)}, which is none of ${[...labels.keys()].map((each) => inspect(each)).join(", ")}`);
      },
    };
  },
  variant,
};

function long(name, least, most, cut) {
  const tooLong = (value) =>
    new RangeError(`${value}, and QuickJS takes and gives whole numbers up to 2 ** 53 only: build with engine = "spidermonkey"`);
  return {
    inward(value) {
      if (typeof value === "bigint") return cut(64, value); // SpiderMonkey's have no sign
      if (!Number.isSafeInteger(value)) throw tooLong(value);
      return BigInt(value);
    },
    outward(value) {
      if (typeof value !== "bigint" || value < least || value > most) throw new RangeError(`${inspect(value)}, which is no ${name}`);
      if (hasLongs) return BigInt.asUintN(64, value);
      if (!Number.isSafeInteger(Number(value))) throw tooLong(value);
      return Number(value);
    },
  };
}

function list({ of, array }, known) {
  const inner = converter(of, known);
  if (array !== "") {
    const Own = globalThis[array];
    if (array === "Uint8Array") return { inward: (value) => (value instanceof Own ? value : Own.from(value)), outward: same };
    return {
      inward: (value) => (value instanceof Own ? value : Own.from(value, inner.inward)),
      outward: (value) => Array.from(value, inner.outward),
    };
  }
  const plain = (value) => (Array.isArray(value) ? value : Array.from(value));
  if (inner === SAME) return { inward: plain, outward: same };
  return {
    inward: (value) => Array.from(value, (each) => inner.inward(each)),
    outward: (value) => Array.from(value, (each) => inner.outward(each)),
  };
}

function record({ fields, constants }, known) {
  const parts = fields.map(([own, label, type, optional]) => ({ own, label, optional, ...converter(type, known) }));
  return {
    inward(value) {
      const made = { ...constants };
      for (const { own, label, optional, inward } of parts) {
        const given = inward(value[label]);
        if (!optional || given !== undefined) made[own] = given;
      }
      return made;
    },
    outward(value) {
      const made = {};
      for (const { own, label, outward } of parts) made[label] = outward(value[own]);
      return made;
    },
  };
}

function variant({ key, cases }, known) {
  const byLabel = new Map();
  const byValue = new Map();
  for (const [value, label, held, type] of cases) {
    const each = { value, label, held, ...(type ? converter(type, known) : SAME) };
    byLabel.set(label, each);
    byValue.set(value, each);
  }
  return {
    inward({ tag, val }) {
      const { value, held, inward } = byLabel.get(tag);
      if (held === null) return { [key]: value, ...inward(val) };
      return held === "" ? { [key]: value } : { [key]: value, [held]: inward(val) };
    },
    outward(given) {
      const found = byValue.get(given[key]);
      if (found === undefined) throw new TypeError(`${inspect(given)}, which is none of ${[...byValue.keys()].join(", ")}`);
      const { label, held, outward } = found;
      if (held === null) return { tag: label, val: outward(given) };
      return held === "" ? { tag: label } : { tag: label, val: outward(given[held]) };
    },
  };
}

function handle({ name }, known) {
  return {
    inward: (wrapper) => wrapper[INNER],
    // A handle is given away once: each has a wrapper of its own, also where the object is the same.
    outward(object) {
      const wrapper = Object.create(known.wrappers.get(name).prototype);
      wrapper[INNER] = object;
      return wrapper;
    },
  };
}
