// Runs jco's bindings generator on one component, with Node: COMPONENT NAME FOLDER.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

import { $init, generate } from "@bytecodealliance/jco-transpile/component";

await $init;
const [component, name, folder] = process.argv.slice(2);
let made;
try {
  made = generate(readFileSync(component), {
    name,
    instantiation: { tag: "sync" },
    noTypescript: true,
    noNodejsCompat: true,
    noComponentErrorWrapping: false,
    map: [],
  });
} catch (error) {
  process.stderr.write(`${error?.payload ?? error?.message ?? error}\n`);
  process.exit(1);
}
mkdirSync(folder);
for (const [file, bytes] of made.files) writeFileSync(`${folder}/${file}`, bytes);
writeFileSync(`${folder}/imports.json`, JSON.stringify(made.imports));
