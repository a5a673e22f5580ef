// Random values through a world that hands everything back: ROUNDS SEED.
import assert from "node:assert";

import { open } from "echo";
import { open as openSync } from "echo/sync";

const { description } = await import(new URL("./node_modules/echo/description.js", import.meta.url));
const [rounds, seed] = process.argv.slice(2).map(Number);
let state = seed;
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (count) => Math.floor(random() * count);
const pick = (list) => list[below(list.length)];
const CHARS = ["a", "\0", "é", "\ufeff", "\uffff", "\u{1F600}", "\u{10ffff}", "\ud7ff", "\n", '"'];
const WORDS = { u8: [8n, 0n], u16: [16n, 0n], u32: [32n, 0n], u64: [64n, 0n], s8: [8n, 1n], s16: [16n, 1n], s32: [32n, 1n], s64: [64n, 1n] };
const ARRAYS = {
  u8: Uint8Array, s8: Int8Array, u16: Uint16Array, s16: Int16Array, u32: Uint32Array, s32: Int32Array,
  u64: BigUint64Array, s64: BigInt64Array, f32: Float32Array, f64: Float64Array,
};

function value(index) {
  const type = description.types[index];
  const [kind, first, second] = typeof type === "string" ? [type] : type;
  if (kind in WORDS) {
    const [bits, signed] = WORDS[kind];
    const low = signed ? -(1n << (bits - 1n)) : 0n;
    const most = (1n << bits) - 1n;
    const made = low + pick([0n, 1n, most, most >> 1n, (most >> 1n) + 1n, BigInt(below(2 ** 32)) & most]);
    return bits === 64n ? made : Number(made);
  }
  const tagged = (cases) => {
    const [tag, inner] = pick(cases);
    return inner === null ? { tag } : { tag, val: value(inner) };
  };
  switch (kind) {
    case "bool": return random() < 0.5;
    case "f32": return pick([0, -0, NaN, Infinity, -Infinity, Math.fround(random()), 2 ** -149]);
    case "f64": return pick([0, -0, NaN, Infinity, -Infinity, random(), 5e-324, Number.MAX_VALUE]);
    case "char": return pick(CHARS);
    case "string": return Array.from({ length: below(12) }, () => pick(CHARS)).join("");
    case "list": {
      const all = Array.from({ length: below(5) }, () => value(first));
      const Kind = ARRAYS[description.types[first]];
      return Kind ? Kind.from(all) : all;
    }
    case "record": return Object.fromEntries(first.map(([name, inner]) => [name, value(inner)]));
    case "tuple": return first.map(value);
    case "flags": return Object.fromEntries(first.map((name) => [name, random() < 0.5]));
    case "enum": return pick(first);
    case "variant": return tagged(first);
    case "result": return tagged([["ok", first], ["err", second]]);
    default: return isTagged(index) ? tagged([["none", null], ["some", first]]) : random() < 0.4 ? undefined : value(first);
  }
}

function isTagged(index) {
  const [, inner] = description.types[index];
  return description.types[inner][0] === "option" && !isTagged(inner);
}

/** A case without a value is the same with `val: undefined`. */
function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const parts = Object.entries(value).filter(([name, each]) => name !== "val" || each !== undefined);
  return Object.fromEntries(parts.map(([name, each]) => [name, bare(each)]));
}

let seen;
const both = {};
for (const { name, of, types, result } of description.functions) {
  if (description.interfaces[of].exported) continue;
  both[name] = (...args) => {
    seen = args;
    const [kind, parts] = result === null ? [] : description.types[result];
    const left = args.map((arg, at) => ({ arg, type: types[at] }));
    const taken = (type) => left.splice(left.findIndex((each) => each.type === type), 1)[0].arg;
    if (args.length > 1) return parts.map(taken);
    if (kind !== "result") return args[0];
    if (args[0].tag === "ok") return args[0].val;
    throw Object.assign(new Error("as asked"), { payload: args[0].val });
  };
}

for (const lib of [openSync({ imports: { both } }), await open({ imports: { both } })]) {
  for (const { name, of, types, result } of description.functions) {
    if (!description.interfaces[of].exported) continue;
    for (let round = 0; round < rounds; round++) {
      const args = types.map(value);
      const isResult = result !== null && description.types[result][0] === "result";
      let answer;
      try {
        answer = { tag: "ok", val: await lib[name](...args) };
      } catch (error) {
        if (!isResult || error.name !== "ResultError") throw error;
        answer = { tag: "err", val: error.payload };
      }
      assert.deepStrictEqual(bare(seen), bare(args));
      const wanted = isResult ? { tag: args[0].tag, val: args[0].val } : { tag: "ok", val: both[name](...args) };
      assert.deepStrictEqual(bare(answer), bare(wanted));
    }
  }
  await lib.close();
}
console.log("all came back");
