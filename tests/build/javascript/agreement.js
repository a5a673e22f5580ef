// What Node says of this must be what Wherever says of it, to the letter.
const show = (...values) => console.log(...values);
const attempt = (body) => {
  try {
    return body();
  } catch (error) {
    return `${error.name}: ${error.code ?? ""}`;
  }
};

// Values as text.
show(1, -0, 1n, "text", "it's", null, undefined, true, Symbol("s"));
show([1, "a", "it's", 'say "x"', [2, [3, [4, [5]]]]], { a: 1, "b-c": "x\n", 3: null, [Symbol("k")]: 1 });
show([], {}, [[]], [{}], { a: {} , b: [] }, [undefined, null], [, 1, , , 2]);
show(new Map([["a", { x: 1 }], [{ k: 1 }, [1]]]), new Set([1, "b", [2]]), new Map(), new Set());
show(() => 1, function named() {}, class {}, class A {}, class B extends Map {});
show(new (class Point { x = 1; y = { z: 2 }; })(), Object.create(null), Object.create({ a: 1 }));
show(new Date(0), /a+/gi, [new Date(86400000)], { r: /x/ }, new Date(NaN));
show(new Uint8Array([1, 2, 3]), new Float64Array(2), new ArrayBuffer(4), [new Uint8Array(0)]);
show(Array.from({ length: 120 }, (_, i) => i));
show(Array.from({ length: 30 }, (_, i) => "item".repeat((i % 3) + 1)));
show({ long: "x".repeat(60), other: "y".repeat(30), list: [1, 2, 3], nested: { deep: { deeper: { deepest: 1 } } } });
show({ get a() { return 1; }, set a(v) {}, get b() { return 1; }, set c(v) {} });
show(Promise.resolve(4), Promise.reject(new Error("x")).catch(() => 1) instanceof Promise, new Promise(() => {}));
show([new Error("in a list").message], Object(1), Object("s"), Object(true), new WeakMap());
const loop = { name: "loop" };
loop.self = loop;
loop.list = [loop];
show(loop);
show("%s is %d years and %i, %f, %j %O %%", "Bob", 42, 42.9, "1.5", { a: 1 }, { b: 2 }, "more", { c: 3 });
show("%s %s", "only", { a: [1, { b: 2 }] }, null, undefined);
show("100%", 5, "%x");
console.group("group");
show("inside\nlines");
console.group();
show({ a: 1 });
console.groupEnd();
console.groupEnd();
console.count();
console.count("n");
console.count();
console.table([{ a: 1, b: "x" }, { a: 2, c: true }]);
console.table([["p", 1], ["q", 2]]);
console.table([1, "two", { three: 3 }]);
console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
show([1.5, 22.75, 333], ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"], [true, false, true, false, true, false, true]);
show({ a: "line\nline", b: ["x".repeat(80)], "": 1, "a b": 2, ünï: 3 });
show([["a", 1], ["b", 2]], { f() {}, g: () => {}, h: class Q {} }, [function () {}]);
show(Array(3), Array(200).fill(7).length, [..."héllo wörld"], new Array(5).fill("ab"));
show(Object.assign([1, 2], { extra: true }), Object.assign(() => {}, { prop: 1 }));
show(process.argv.length > 1, typeof process.env, typeof process.exit);

// Text and bytes.
const utf8 = new TextEncoder();
show(utf8.encode("aé€😀\ud800x"), utf8.encode(), utf8.encodeInto("a€😀", new Uint8Array(5)));
for (const bytes of [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xe2, 0x28, 0xa1], [0xf5, 0x80], [0xef, 0xbb, 0xbf, 0x41], [0xf0, 0x90, 0x41]]) {
  show(new TextDecoder().decode(new Uint8Array(bytes)).split("").map((c) => c.charCodeAt(0).toString(16)).join(" "));
  show(attempt(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes))));
}
const pieces = new TextDecoder();
show(pieces.decode(new Uint8Array([0xf0, 0x9f]), { stream: true }) + pieces.decode(new Uint8Array([0x98, 0x80])));
show(new TextDecoder("latin1").encoding, new TextDecoder("UTF8").encoding, attempt(() => new TextDecoder("no")));
show(new TextDecoder("utf-16le").decode(new Uint8Array([0x41, 0, 0x3d, 0xd8, 0, 0xde])));
show(new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x41])).length);
show(btoa("hello"), atob("aGVsbG8="), atob(" aGV sbG8 "), btoa("\xff\xfe"), attempt(() => atob("a")), attempt(() => btoa("€")));
const long = ("plain text ".repeat(900) + "é€😀").repeat(7);
const sum = (bytes) => bytes.reduce((all, byte) => (all * 31 + byte) >>> 0, 7);
show(sum(utf8.encode(long)), new TextDecoder().decode(utf8.encode(long)) === long, sum(utf8.encode("plain".repeat(500))));
show(new TextDecoder().decode(utf8.encode("x".repeat(9000))).length, new TextDecoder().decode(utf8.encode("é".repeat(9000))).length);
show("abc".repeat(3000).length, utf8.encode("é".repeat(5000)).length);

// URLs.
const urls = [
  ["https://user:pa%20ss@EXAMPLE.com:8080/a/./b/../c%2f?x=1&y=é#frag ment"], ["http://ex.org:80"], ["HTTP://ex.org:443/"],
  ["../up", "https://a.b/c/d/e"], ["?q", "https://a.b/c?x#y"], ["#h", "https://a.b/c?x#y"], ["//other/p", "https://a.b/c"],
  ["/root", "https://a.b/c/d"], ["", "https://a.b/c?x#y"], ["mailto:a@b.c"], ["data:text/plain,hi there "], ["data:x #f"],
  ["file:///C:/x/../y"], ["file:c:\\a\\b"], ["file://host/p"], ["file://localhost/p"], ["..", "file:///C:/a/b"], ["/x", "file:///C:/a"],
  ["http://1.2.3"], ["http://0x7f.1"], ["http://256.1"], ["http://010.0.0.1"], ["http://4294967295"], ["http://4294967296"],
  ["http://[::1]:3000/"], ["http://[2001:db8:0:0:1:0:0:1]"], ["http://[::ffff:1.2.3.4]"], ["http://[1::2::3]"], ["http://[::g]"],
  ["http://bücher.example/ä?ö#ü"], ["http://日本語.jp"], ["http://a b/"], ["http://a%41b/"], ["http://a%zz/"], ["http://"], ["http:///x"],
  ["http:\\\\a\\b"], ["  http://trim.me  "], ["ht\ntp://line.break"], ["non-special://Host:80/Path/../x"], ["non-special:opaque/../x"],
  ["non-special:/a//b"], ["x:/.//p"], ["blob:https://a.b/uuid"], ["javascript:alert(1)"], ["http://u@:80"], ["http://@h"], ["http://a:b@c:d@e/"],
  ["http://h:99999"], ["http://h:"], ["http://h:0080/"], ["1http://x"], ["noscheme"], ["http:rel", "http://a/b/c"], ["https:rel", "http://a/b/c"],
  ["http://h/%7Ea~b%zz\u0000"], ["http://h/a'b\"c<d>`{|}^"], ["http://h/?a'b\"c<d>`{|}^"], ["http://h/#a'b\"c<d>`{|}^"], ["ws://x:80/"], ["wss://x:443"],
  ["http://h/a/%2e/b/%2E%2e/c"], ["http://h/a/.."], ["http://h/a/."], ["http://ＧＯ.com"], ["http://xn--bcher-kva.ch"], ["https://faß.example"], ["a:b", "about:blank"], ["x", "about:blank"],
];
for (const [url, base] of urls) {
  const made = URL.canParse(url, base) ? new URL(url, base) : null;
  show(JSON.stringify(url), base ?? "", made === null ? "invalid" : [made.href, made.origin, made.protocol, made.username, made.password, made.host, made.pathname, made.search, made.hash].join(" | "));
}
show(attempt(() => new URL("nope")));
const url = new URL("http://a.b/c?x=1#y");
for (const [name, value] of Object.entries({ hash: "#n w", search: "?k=v v&é", pathname: "/p q/../r?#", port: "8080x", hostname: "n.ew", host: "o.ther:81", protocol: "https:", username: "u:s", password: "p@w" })) {
  url[name] = value;
  show(name, url.href);
}
url.port = "";
url.searchParams.append("added", "1 2+3&é");
show(url.href, url.searchParams.get("k"), [...url.searchParams], url.searchParams.size);
url.searchParams.delete("k");
url.search = "";
show(url.href, url);
const params = new URLSearchParams("?b=2&a=1&b=3&c&=d&e=%zz%41+x");
params.sort();
show(params, params.toString(), params.getAll("b"), params.has("c"), params.has("b", "9"), [...params.keys()], [...params.values()]);
params.set("b", "only");
show(String(params), String(new URLSearchParams({ q: "a b*~'()", "ü": "1" })), String(new URLSearchParams([["x", "y"], ["x", "z"]])), attempt(() => new URLSearchParams([["x"]])));
params.forEach((value, name) => show(name, value));

// Copies.
const original = { d: new Date(5), r: /x/g, m: new Map([[1, { a: 1 }]]), s: new Set([1]), b: new Uint8Array([1, 2]), n: [1, , 3], u: undefined, big: 1n, o: Object(4) };
original.self = original;
const copied = structuredClone(original);
show(copied, copied.m !== original.m, copied.self === copied, structuredClone(new RangeError("r")) instanceof RangeError);
show(attempt(() => structuredClone(() => 1)), attempt(() => structuredClone({ s: Symbol("x") })), structuredClone(new (class P { x = 1; })()));

// Random, clocks.
show(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()));
show(crypto.getRandomValues(new Uint8Array(40)).some((x) => x > 0), attempt(() => crypto.getRandomValues(new Float32Array(1))), attempt(() => crypto.getRandomValues(new Uint8Array(65537))));
show(Math.random() !== Math.random(), performance.now() >= 0, performance.now() < 60000, Math.abs(performance.timeOrigin - Date.now()) < 60000);

// Promises, microtasks, timers: their order.
const order = [];
const note = (text) => order.push(text);
setTimeout(() => note("timeout 2"), 2);
setTimeout(() => { note("timeout 1"); Promise.resolve().then(() => note("in timeout 1")); process.nextTick(() => note("tick in timeout 1")); }, 1);
Promise.resolve().then(() => note("then 1")).then(() => note("then 2")).finally(() => note("finally"));
queueMicrotask(() => note("microtask"));
(async () => { note("async starts"); await null; note("async 1"); await new Promise((r) => r()); note("async 2"); return Promise.resolve(); })().then(() => note("async returned"));
(async () => { for await (const x of [1, Promise.resolve(2)]) note(`for await ${x}`); })();
async function* numbers() { yield 1; await null; yield* [2, 3]; try { yield 4; } finally { note("generator ends"); } }
(async () => { for await (const x of numbers()) { note(`generator ${x}`); if (x === 4) break; } })();
Promise.all([1, Promise.resolve(2), { then: (r) => r(3) }]).then((v) => note(`all ${v}`));
Promise.allSettled([1, Promise.reject(2)]).then((v) => note(JSON.stringify(v)));
Promise.any([Promise.reject(1), 2]).then((v) => note(`any ${v}`));
Promise.any([Promise.reject(1)]).catch((e) => note(`${e.name} ${e.errors}`));
Promise.race([new Promise((r) => setTimeout(r, 1, "slow")), "fast"]).then((v) => note(`race ${v}`));
class Mine extends Promise {}
note(`${Mine.resolve(1).then(() => {}) instanceof Mine} ${Object.prototype.toString.call(Promise.resolve())} ${Promise.name} ${Promise.length}`);
const stopped = setTimeout(() => note("never"), 1);
clearTimeout(stopped);
let beats = 0;
const beat = setInterval(() => { note(`beat ${++beats}`); if (beats === 3) clearInterval(beat); }, 1);
setTimeout(() => note("never").length, 1e6).unref();
while (beats < 3 || !order.includes("timeout 2")) await new Promise((resolve) => setTimeout(resolve, 5));
show(order.filter((each) => !/^beat|^timeout 2/.test(each)).join("\n"), beats, order.includes("timeout 2"));
show(await Array.fromAsync([1, Promise.resolve(2)]), await Array.fromAsync(numbers(), (x) => x * 2));
const { promise, resolve: settle } = Promise.withResolvers();
setTimeout(settle, 1, "settled");
show(await promise);
show(await (async () => { try { return await Promise.reject(new Error("caught")); } catch (error) { return error.message; } finally { show("last"); } })());
