// What a program may expect of `fetch`: see asking.py, which runs it and knows what it prints.
import { args } from "wherever";
const [base, away] = args;
const timer = setInterval(() => console.log("tick"), 5);
const all = await Promise.all(["hello", "200000", "slowly"].map((each) => fetch(`${base}/${each}`)));
clearInterval(timer);
for (const each of all) console.log(each.status, each.ok, (await each.text()).length);
const sent = await fetch(`${base}/`, { method: "POST", body: new Uint8Array(100000) });
console.log(await sent.text());
let size = 0;
for await (const piece of (await fetch(new URL("/5000000", base))).body) size += piece.length;
console.log(size);
const own = base.split(":").at(-1);
const led = await fetch(`${base}/to/${own}`).catch((error) => error);
console.log(led instanceof TypeError ? led.message.replaceAll(own, "PORT") : `${led.redirected} ${await led.text()}`);
const held = await fetch(`${base}/to/1`, { redirect: "manual" });
console.log(held.status, held.headers.get("location"));
for (const options of [{ signal: {} }, { redirect: "error" }]) {
  await fetch(`${base}/to/1`, options).catch((error) => console.log(error.message.replaceAll(own, "PORT")));
}
await fetch(away).catch((error) => console.log(String(error)));
