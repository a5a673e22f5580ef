// How each attack ends in JavaScript: in Node, and in a page.
const encoder = new TextEncoder();
const sink = () => ({ write: (text) => encoder.encode(text).length });
const host = { note: (text) => encoder.encode(text).length, name: () => "a host" };
export const options = { imports: { host }, timeout: 1000, memory: 16 * 2 ** 20 };

const plain = `trap zero spin recurse grow wild-read wild-write wild-call far-string long-string
  torn-string surrogate far-list wrapping-list odd-list far-result odd-result inner-string bomb
  bad-enum bad-option bad-case bad-variant bad-char half-char forged given-twice dropped-twice
  not-there late-call tell-far tell-torn tell-nobody`.split(/\s+/);
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

const attacks = new Map(plain.map((name) => [name, (lib) => lib[camel(name)]()]));
attacks.set("confused", (lib) => lib.confused(sink()));
attacks.set("kept borrow", (lib) => lib.keptBorrow(sink()));
attacks.set("late borrow", async (lib) => {
  await lib.lent(sink());
  await lib.lateBorrow();
});
attacks.set("owned twice", (lib) => lib.ownedTwice(sink()));
for (const [at, way] of ["far", "odd", "endless", "trapping", "calling"].entries()) {
  attacks.set(`${way} room`, async (lib) => {
    await lib.sly(at + 1);
    return lib.take(new Uint32Array([1, 2, 3]));
  });
  if (way === "odd") continue; // which no string can be
  attacks.set(`${way} room for the host`, async (lib) => {
    await lib.sly(at + 1);
    return lib.ask();
  });
}
const destroy = (of) => async (lib) => {
  const thing = await lib.Thing.create(of);
  thing.close();
};
attacks.set("trapping destructor", destroy(13));
attacks.set("endless destructor", destroy(14));

async function how(does) {
  try {
    return `not refused: ${JSON.stringify(await does())}`;
  } catch (error) {
    if (error.name === "LimitError") return error.limit === "timeout" ? "out of time" : "an error";
    return error.name === "TrapError" ? "an error" : `${error.name}: ${error.message}`;
  }
}

async function ended(lib) {
  try {
    return `goes on: ${await lib.well("fine")}`;
  } catch {
    return "ended";
  }
}

/** Tells `say` how each of them ends; `open` is the library's. */
export async function told(open, say) {
  const first = await open(options);
  for (const [name, attack] of attacks) {
    const lib = await open(options);
    const end = await how(() => attack(lib));
    const after = await ended(lib);
    await lib.close();
    const other = await open(options);
    // No language's destructors can tell how they ended.
    const both = name.endsWith("destructor") ? after : `${end}, ${after}`;
    say(`${name}: ${both}, then ${await other.well("fine")}`);
    await other.close();
  }
  say(`the first: ${await first.well("fine")}`);
  await first.close();
}
