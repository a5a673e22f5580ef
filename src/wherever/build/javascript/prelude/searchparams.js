// URLSearchParams: names and values of a query.
import { percentDecode } from "./percent.js";
import { encode } from "./text.js";

export function readQuery(text) {
  return text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      const halves = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
      return halves.map((half) => percentDecode(half.replaceAll("+", " ")));
    });
}

function form(text) {
  return text.toWellFormed().replace(/[^A-Za-z0-9*\-._]/gu, (character) =>
    character === " "
      ? "+"
      : Array.from(encode(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

const well = (value) => String(value).toWellFormed();

export let follow;

export class URLSearchParams {
  #pairs = [];
  #changed = () => {};

  static {
    follow = (params, text, changed) => {
      params.#pairs = readQuery(text);
      if (changed) params.#changed = changed;
    };
  }

  constructor(init = "") {
    if (init === null || (typeof init !== "object" && typeof init !== "function")) {
      const text = well(init);
      this.#pairs = readQuery(text.startsWith("?") ? text.slice(1) : text);
    } else if (typeof init[Symbol.iterator] === "function") {
      for (const pair of init) {
        const both = typeof pair === "object" && pair !== null && typeof pair[Symbol.iterator] === "function" ? [...pair] : [];
        if (both.length !== 2) {
          const error = new TypeError("Each query pair must be an iterable [name, value] tuple");
          error.code = "ERR_INVALID_TUPLE";
          throw error;
        }
        this.#pairs.push(both.map(well));
      }
    } else {
      for (const key of Reflect.ownKeys(init)) {
        if (Object.prototype.propertyIsEnumerable.call(init, key)) this.#pairs.push([well(key), well(init[key])]);
      }
    }
  }
  get size() {
    return this.#pairs.length;
  }
  append(name, value) {
    this.#pairs.push([well(name), well(value)]);
    this.#changed();
  }
  delete(name, value) {
    const wanted = well(name);
    this.#pairs = this.#pairs.filter(([key, held]) => key !== wanted || (value !== undefined && held !== well(value)));
    this.#changed();
  }
  get(name) {
    return this.#pairs.find(([key]) => key === well(name))?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter(([key]) => key === well(name)).map(([, value]) => value);
  }
  has(name, value) {
    return this.#pairs.some(([key, held]) => key === well(name) && (value === undefined || held === well(value)));
  }
  set(name, value) {
    const wanted = well(name);
    const first = this.#pairs.find(([key]) => key === wanted);
    if (first === undefined) this.#pairs.push([wanted, well(value)]);
    else {
      first[1] = well(value);
      this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== wanted);
    }
    this.#changed();
  }
  sort() {
    this.#pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
    this.#changed();
  }
  forEach(callback, self) {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  *entries() {
    for (let at = 0; at < this.#pairs.length; at++) yield [...this.#pairs[at]];
  }
  *keys() {
    for (const [name] of this.entries()) yield name;
  }
  *values() {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    return this.#pairs.map(([name, value]) => `${form(name)}=${form(value)}`).join("&");
  }
  get [Symbol.toStringTag]() {
    return "URLSearchParams";
  }
  [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) {
    const shown = this.#pairs.map(([name, value]) => `${inspect(name)} => ${inspect(value)}`);
    return shown.length === 0 ? "URLSearchParams {}" : `URLSearchParams { ${shown.join(", ")} }`;
  }
}
