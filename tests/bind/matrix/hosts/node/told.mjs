// What a market tells a program in JavaScript: in Node, and in a page.
const PRICES = { tea: 250n, gold: 900_000_000_001n };

export const host = {
  price(name) {
    if (name in PRICES) return PRICES[name];
    throw Object.assign(new Error("no price"), { payload: `we have no ${name}` });
  },
};

const shown = ({ name, count, size, service }) =>
  [
    `${count} ${name}`,
    size ?? "no size",
    ...(service.giftWrapped ? ["gift-wrapped"] : []),
    ...(service.byPost ? ["by-post"] : []),
  ].join(", ");

const shape = ({ tag, val }) =>
  ({ dot: () => "dot", square: () => `square ${val}`, box: () => `box ${val.join(" by ")}` })[tag]();

const some = (name, count) => ({ name, count, service: {} });

async function cost(promise) {
  try {
    return await promise;
  } catch ({ name, message, payload }) {
    if (name !== "ResultError") return `${name}: ${message}`;
    return payload.tag === "priceless"
      ? `priceless ${payload.val.name}: ${payload.val.reason}`
      : payload.tag;
  }
}

async function refused(does) {
  try {
    return `not refused: ${await does()}`;
  } catch {
    return "refused";
  }
}

/** Says the transcript of a market, line by line. */
export async function told(lib, say) {
  const line = (label, ...parts) => say(`${label}: ${parts.join(", ")}`.trimEnd());
  const orNone = (value) => value ?? "none";

  line("greet someone", await lib.greet("Zażółć 🙂"));
  line("greet nobody", await lib.greet(undefined));
  line("greet no letters", await lib.greet(""));
  line("words", (await lib.words("one  żółć 🙂 ")).map((word) => `[${word}]`).join(" "));
  line("find", orNone(await lib.find(["a", "", "żółć", "żółć"], "żółć")));
  line("find nothing", orNone(await lib.find([], "")));
  const hex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  line("reverse", hex(await lib.reverse(new Uint8Array([255, 2, 1, 0, 128, 254]))));
  line("reverse nothing", hex(await lib.reverse(new Uint8Array())));
  const much = await lib.reverse(Uint8Array.from({ length: 100_000 }, (_, at) => at % 251));
  line("reverse much", `${much.length} bytes`, `${much[10]} at 10`);
  line("sum", await lib.sum(new BigInt64Array([2n ** 62n, -3n, 4n])));
  line("sum of the least", await lib.sum(new BigInt64Array([-(2n ** 63n)])));
  line("sum of nothing", await lib.sum(new BigInt64Array()));
  line("mean", orNone(await lib.mean(new Float64Array([1.5, 2.25, 3]))));
  line("mean of nothing", orNone(await lib.mean(new Float64Array())));
  line("number", await lib.number("123456789"));
  line("no number", await lib.number("12x").catch((error) => error.payload));
  const once = await lib.change({ name: "tea", count: 2, service: { giftWrapped: true } });
  line("change", shown(once));
  line("change again", shown(await lib.change(once)));
  line("change back", shown(await lib.change({ ...some("żółć", 0), size: "very-large" })));
  const items = [some("a", 2), some("b", 3), { ...some("c", 3), size: "small" }];
  line("sorted", (await lib.sorted(items)).map(shown).join("; "));
  line("sorted nothing", (await lib.sorted([])).map(shown).join("; "));
  const shapes = [{ tag: "dot" }, { tag: "square", val: 2.5 }, { tag: "box", val: [1.5, 2] }];
  line("area", ...(await Promise.all(shapes.map((each) => lib.area(each)))));
  const stretched = [
    await lib.stretch({ tag: "dot" }, 1.5),
    await lib.stretch({ tag: "square", val: 2 }, 1.5),
    await lib.stretch({ tag: "box", val: [4, 0.25] }, 2.5),
  ];
  line("stretch", ...stretched.map(shape));
  line("cost", await cost(lib.cost(some("tea", 2))));
  line("cost beyond 32 bits", await cost(lib.cost(some("gold", 1))));
  line("cost of what is not there", await cost(lib.cost(some("silk", 1))));
  line("cost of too much", await cost(lib.cost(some("gold", 2))));

  const ann = await lib.Basket.create("Ann");
  line("empty basket", await cost(ann.total()));
  const tea = { name: "tea", count: 2, size: "very-large", service: { byPost: true } };
  line("put", await ann.put(tea), await ann.put(some("gold", 1)));
  line("items", (await ann.items()).map(shown).join("; "));
  line("total", await cost(ann.total()));
  const bob = await lib.Basket.create("Bob");
  await bob.put(some("silk", 1));
  line("other total", await cost(bob.total()));
  line("fuller", await lib.fuller(bob, ann));
  const both = await lib.Basket.merge(ann, bob);
  line("merged", await both.label());
  both.close();
  bob.close();
  line("closed", await refused(() => bob.label()));
  line("gone", await lib.gone());
  line("sold", await lib.sell(ann));
  line("given away", await refused(() => ann.label()));
  line("gone when sold", await lib.gone());
}
