import { open } from "market";
import { host, told } from "./told.mjs";

const lib = await open({ imports: { host }, timeout: 60_000 });
await told(lib, console.log);
await lib.close();
