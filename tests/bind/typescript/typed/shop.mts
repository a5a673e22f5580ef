import { Basket, LimitError, ResultError, greet, open, type Imports, type Item, type Trouble } from "shop";
import { open as openSync } from "shop/sync";

class Printer {
  constructor(readonly name: string) {}
  print(line: string): number {
    return line.length;
  }
}
const sync = {
  log: (line: string) => console.log(line),
  price: (name: string) => BigInt(name.length),
  echo: (data: Uint8Array) => data,
  Printer,
};
const imports: Imports = { host: { ...sync, price: async (name) => BigInt(name.length) } };

await using lib = await open({ imports, timeout: 100 });
using basket = await lib.Basket.create("ann");
const item: Item = { name: "tea", count: 1, service: { byPost: true } };
await basket.put(item);
const total: bigint = await basket.total();
try {
  await lib.delete("");
} catch (error) {
  if (error instanceof ResultError) console.log((error as ResultError<Trouble>).payload.tag);
  if (error instanceof LimitError) console.log(error.limit === "timeout");
}
const direct = openSync({ imports: { host: sync } });
const own = new direct.Basket("bob");
const lines: number = direct.receipt(own, new Printer("p"));
console.log(basket instanceof Basket, total, lines, await greet(null, 1, { timeout: 5 }));

// @ts-expect-error a string is no count
await basket.put({ name: "tea", count: "2", service: {} });
// @ts-expect-error the host is missing
await open({});
// @ts-expect-error objects of a library in a worker come from create
new lib.Basket("x");
