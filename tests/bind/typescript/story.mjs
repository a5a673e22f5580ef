// What a user of the shop sees; the same with a worker and without.
import { LimitError, ResultError, configure, delete as remove, greet, open, spin } from "shop";
import { open as openSync } from "shop/sync";

const printed = [];
class Printer {
  lines = 0;
  constructor(name) {
    this.name = name;
  }
  print(line) {
    printed.push(`${this.name} prints ${line}`);
    return ++this.lines;
  }
  [Symbol.dispose]() {
    printed.push(`${this.name} is gone`);
  }
}
const PRICES = { tea: 250n };
const fail = (payload) => {
  throw Object.assign(new Error("no price"), { payload });
};
const host = {
  log: (line) => void printed.push(`log: ${line}`),
  price: (name) => PRICES[name] ?? fail(name === "gold" ? { tag: "later", val: 60 } : { tag: "unknown" }),
  echo: (data) => data,
  Printer,
};
const later = Object.fromEntries(
  Object.entries(host).map(([name, does]) =>
    [name, name === "Printer" ? does : async (...args) => does(...args)]),
);

const shown = (value) => JSON.stringify(value, (_, each) =>
  typeof each === "bigint" ? `${each}n` : ArrayBuffer.isView(each) ? `${each.constructor.name} ${each.length}` : each);
const tell = async (what, does) => {
  try {
    console.log(`${what}: ${shown(await does())}`);
  } catch (error) {
    const more = error instanceof ResultError ? ` payload ${shown(error.payload)}` : "";
    console.log(`${what}: ${error.name}: ${error.message}${more}`);
  }
};

async function story(lib, basketOf) {
  const basket = await basketOf("ann");
  await tell("nothing", () => basket.total());
  await basket.put({ name: "tea", count: 2, size: "very-large", service: { giftWrapped: true } });
  await tell("tea", () => basket.total());
  await tell("items", () => basket.items());
  await tell("negative", () => basket.put({ name: "tea", count: -2, service: {} }));
  await tell("no such size", () => basket.put({ name: "tea", count: 2, size: "huge", service: {} }));
  await tell("no such flag", () => basket.put({ name: "tea", count: 2, service: { posted: true } }));
  await tell("half a pair", () => lib.greet("\ud800", 1));
  const other = await basketOf("bob");
  await other.put({ name: "gold", count: 1, size: null, service: {} });
  await tell("gold", () => other.total());
  await tell("receipt", () => lib.receipt(basket, new Printer("mine")));
  const all = await lib.Basket.merge(basket, [other]);
  await tell("given away", () => basket.total());
  await tell("merged", async () => (await all.items()).length);
  await tell("is a", () => [all instanceof lib.Basket, basket.constructor.name]);
  other.close();
  other.close();
  all[Symbol.dispose]();
  await tell("freed", () => lib.freed());
  await tell("closed", () => all.items());
  await tell("greet", () => lib.greet("you", 2));
  await tell("greet nobody", () => lib.greet(null, 1));
  await tell("sums", () => lib.sums([1, 2.5]));
  const bytes = new Uint8Array(200_000).map((_, at) => at * 7);
  await tell("bytes", async () => {
    const back = await lib.through(bytes);
    return [back, back.every((byte, at) => byte === bytes[at])];
  });
  await tell("delete", () => lib.delete("something"));
  await tell("delete nothing", () => lib.delete(""));
  await tell("say", () => lib.say("hey"));
  await tell("nap", () => lib.nap(5));
  await tell("files", () => lib.files());
  await tell("printed", () => printed.splice(0));
}

const say = { stdout: (text) => printed.push(`out ${text}`), stderr: (text) => printed.push(`err ${text}`) };
console.log("# with a worker");
const lib = await open({ imports: { host: later }, timeout: 15000, ...say });
await story(lib, (owner) => lib.Basket.create(owner));
await tell("new", () => new lib.Basket("x"));
await lib.close();
await tell("after close", () => lib.freed());
console.log("# without");
const direct = openSync({ imports: { host }, ...say });
await story(direct, (owner) => new direct.Basket(owner));
await tell("promise", () => openSync({ imports: { host: later } }).greet("x", 1));
direct.close();

console.log("# gone wrong");
for (const [name, args, memory] of [["crash", [], 64], ["dangle", [], 64], ["mumble", [], 64], ["devour", [], 32]]) {
  const one = await open({ imports: { host }, timeout: 15000, memory: memory * 2 ** 20 });
  await tell(name, () => one[name](...args));
  await tell("afterwards", () => one.freed());
}
const deep = await open({ imports: { host } });
await tell("dive", () => deep.dive(1e9).catch((error) => error.name));
const spun = await open({ imports: { host }, timeout: 200 });
const waiting = [spun.spin(), spun.freed()];
for (const each of waiting) await tell("spin", () => each);
configure({ imports: { host } });
await tell("top", () => greet("top", 1));
await tell("spin at the top", async () => {
  try {
    await spin({ timeout: 150 });
  } catch (error) {
    return [error instanceof LimitError, error.limit, error.allowed];
  }
});
await tell("top again", () => greet("again", 1));
await tell("aborted", () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("enough")), 50);
  return spin({ signal: stop.signal });
});
await tell("reserved", () => remove("x"));
const angry = await open({ imports: { host: { ...host, log: async () => { throw new TypeError("mine"); } } } });
await tell("callback", () => angry.greet("x", 1));
await tell("afterwards", () => angry.freed());
await tell("wrong answer", async () => (await open({ imports: { host: { ...host, echo: () => 5 } } })).through(new Uint8Array(1)));
await tell("no imports", () => open());
await tell("too little", () => open({ imports: { host }, memory: 65536 }));
await tell("no time", () => open({ imports: { host }, timeout: -1 }));
