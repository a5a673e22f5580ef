/** Values on their way: checked as they leave the user's hands, and made of plain data. */

const RANGES = {
  u8: [0, 0xff], u16: [0, 0xffff], u32: [0, 0xffffffff],
  s8: [-0x80, 0x7f], s16: [-0x8000, 0x7fff], s32: [-0x80000000, 0x7fffffff],
};
const WIDE = { u64: [0n, (1n << 64n) - 1n], s64: [-(1n << 63n), (1n << 63n) - 1n] };
const ARRAYS = {
  u8: Uint8Array, s8: Int8Array, u16: Uint16Array, s16: Int16Array, u32: Uint32Array,
  s32: Int32Array, u64: BigUint64Array, s64: BigInt64Array, f32: Float32Array, f64: Float64Array,
};

/**
 * For each type a function from a value of the user's to plain data; it throws a TypeError that
 * names the place where a value does not fit. Handles of resources come from `give`.
 */
export function lowering(types, give) {
  const made = [];
  const of = (index) => (made[index] ??= each(types[index]));
  const each = (type) => {
    const [kind, first, second] = typeof type === "string" ? [type] : type;
    switch (kind) {
      case "bool":
        return (value, at) => (typeof value === "boolean" ? value : no(at, "a boolean", value));
      case "u8": case "u16": case "u32": case "s8": case "s16": case "s32": {
        const [low, high] = RANGES[kind];
        return (value, at) => integer(value, at, low, high);
      }
      case "u64": case "s64": {
        const [low, high] = WIDE[kind];
        return (value, at) => {
          if (typeof value !== "bigint") no(at, "a bigint", value);
          return value < low || value > high ? beyond(at, value, low, high) : value;
        };
      }
      case "f32": case "f64":
        return (value, at) => (typeof value === "number" ? value : no(at, "a number", value));
      case "char":
        return (value, at) => {
          const code = typeof value === "string" ? value.codePointAt(0) : undefined;
          if (code === undefined || value.length !== (code > 0xffff ? 2 : 1)) {
            no(at, "one character", value);
          }
          return whole(value, at);
        };
      case "string":
        return (value, at) => (typeof value === "string" ? whole(value, at) : no(at, "a string", value));
      case "list":
        return list(types[first], first, of);
      case "record":
        return (value, at) => {
          if (!isObject(value)) no(at, "an object", value);
          const out = {};
          for (const [name, index] of first) out[name] = of(index)(value[name], `${at}.${name}`);
          return out;
        };
      case "tuple":
        return (value, at) => {
          if (!Array.isArray(value) || value.length !== first.length) {
            no(at, `an array of ${first.length}`, value);
          }
          return first.map((index, place) => of(index)(value[place], `${at}[${place}]`));
        };
      case "flags":
        return (value, at) => {
          if (!isObject(value)) no(at, "an object of booleans", value);
          const out = {};
          for (const name of Object.keys(value)) {
            if (!first.includes(name)) no(at, `flags of ${first.join(", ")}`, name);
          }
          for (const name of first) {
            const flag = value[name] ?? false;
            out[name] = typeof flag === "boolean" ? flag : no(`${at}.${name}`, "a boolean", flag);
          }
          return out;
        };
      case "enum":
        return (value, at) =>
          first.includes(value) ? value : no(at, `one of ${first.join(", ")}`, value);
      case "variant":
        return cases(new Map(first), of);
      case "result":
        return cases(new Map([["ok", first], ["err", second]]), of);
      case "option":
        if (isTagged(types, first)) return cases(new Map([["none", null], ["some", first]]), of);
        return (value, at) => (value === undefined || value === null ? undefined : of(first)(value, at));
      default:
        return (value, at) => give(first, kind === "own", value, at);
    }
  };
  return of;
}

/** For each type a function that gives handles in plain data the objects they stand for. */
export function lifting(types, take) {
  const made = [];
  const of = (index) => (made[index] === undefined ? (made[index] = each(types[index])) : made[index]);
  const each = (type) => {
    const [kind, first, second] = typeof type === "string" ? [type] : type;
    switch (kind) {
      case "list": {
        const inner = of(first);
        return inner && ((value) => Array.from(value, inner));
      }
      case "record": {
        const held = first.filter(([, index]) => of(index));
        return held.length === 0 ? null : (value) => {
          const out = { ...value };
          for (const [name, index] of held) out[name] = of(index)(value[name]);
          return out;
        };
      }
      case "tuple": {
        const all = first.map(of);
        return all.some(Boolean) ? (value) => value.map((one, at) => (all[at] ? all[at](one) : one)) : null;
      }
      case "variant":
        return tagged(new Map(first.map(([name, index]) => [name, index === null ? null : of(index)])));
      case "result":
        return tagged(new Map([["ok", first], ["err", second]].map(([name, index]) => [name, index === null ? null : of(index)])));
      case "option": {
        const inner = of(first);
        if (!inner) return null;
        if (isTagged(types, first)) return tagged(new Map([["none", null], ["some", inner]]));
        return (value) => (value === undefined || value === null ? undefined : inner(value));
      }
      case "own": case "borrow":
        return (value) => take(first, kind === "own", value);
      default:
        return null;
    }
  };
  return (index) => of(index) ?? same;
}

/** Whether an option of this type cannot be undefined, as its value itself may be. */
export function isTagged(types, inner) {
  const type = types[inner];
  return type[0] === "option" && !isTagged(types, type[1]);
}

/** The ArrayBuffers that belong to a value alone, and can move instead of being copied. */
export function movable(value) {
  const whole = ArrayBuffer.isView(value) && value.byteLength === value.buffer.byteLength;
  return whole && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
}

const same = (value) => value;

function tagged(inner) {
  if (![...inner.values()].some(Boolean)) return null;
  return (value) => {
    const lift = inner.get(value.tag);
    return lift ? { tag: value.tag, val: lift(value.val) } : value;
  };
}

function cases(inner, of) {
  return (value, at) => {
    const index = inner.get(value?.tag);
    if (index === undefined) {
      const names = [...inner.keys()].join(", ");
      no(at, `{ tag, val } with a tag of ${names}`, isObject(value) ? value.tag : value);
    }
    if (index === null) return { tag: value.tag };
    return { tag: value.tag, val: of(index)(value.val, `${at}.val`) };
  };
}

function list(type, index, of) {
  const Kind = typeof type === "string" ? ARRAYS[type] : undefined;
  if (Kind === undefined) {
    return (value, at) => {
      if (!Array.isArray(value)) no(at, "an array", value);
      const lower = of(index);
      return value.map((one, place) => lower(one, `${at}[${place}]`));
    };
  }
  return (value, at) => {
    if (value instanceof Kind) return value;
    if (!Array.isArray(value)) no(at, `a ${Kind.name}`, value);
    const lower = of(index);
    return Kind.from(value, (one, place) => lower(one, `${at}[${place}]`));
  };
}

function integer(value, at, low, high) {
  if (!Number.isInteger(value)) no(at, "an integer", value);
  return value < low || value > high ? beyond(at, value, low, high) : value + 0;
}

function whole(value, at) {
  if (!value.isWellFormed()) no(at, "text without halves of surrogate pairs", value.toWellFormed());
  return value;
}

const isObject = (value) => typeof value === "object" && value !== null;

function beyond(at, value, low, high) {
  throw new RangeError(`${at} must be from ${low} to ${high}, not ${value}`);
}

function no(at, wanted, value) {
  throw new TypeError(`${at} must be ${wanted}, not ${shown(value)}`);
}

function shown(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "object") return Array.isArray(value) ? "an array" : value.constructor?.name ?? "an object";
  return typeof value === "function" ? "a function" : `${String(value)}${typeof value === "bigint" ? "n" : ""}`;
}
