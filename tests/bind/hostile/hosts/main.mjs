import { open } from "hostile";
import { told } from "./told.mjs";

await told(open, console.log);
