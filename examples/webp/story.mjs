// The same sandboxed file, as an npm package.
import { readFile } from "node:fs/promises";
import { open } from "webp-everywhere";

const webp = await open({ timeout: 10_000, memory: 256 * 2 ** 20 });
const image = new Uint8Array(await readFile("photo.webp"));

const info = await webp.describe(image);
const picture = await webp.decode(image);
console.log(`${info.width} x ${info.height}, ${info.isLossy ? "lossy" : "without loss"}`);
console.log("first pixel:", ...picture.pixels.subarray(0, 3));

const again = await webp.encode(picture);
const same = Buffer.compare((await webp.decode(again)).pixels, picture.pixels) === 0;
console.log(`without loss: ${again.length} bytes, the same: ${same ? "True" : "False"}`);

try {
  await webp.decode(image.subarray(0, -100));
} catch (error) {
  console.log(error.payload);
}
await webp.close();
