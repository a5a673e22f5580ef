// What a module exports, with its types, as JSON: `node main.mjs TYPESCRIPT MAIN FOLDER PACKAGES`.
//
// TypeScript's own checker reads the source; nothing of it is run, and nothing is written.
import { createRequire } from "node:module";
import { relative } from "node:path";
import { functionOf, Functions } from "./functions.mjs";
import { open } from "./program.mjs";
import { Refusal } from "./refusal.mjs";
import { Types } from "./types.mjs";

const [typescript, main, folder, packages] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(typescript);
const program = open(ts, main, folder, packages);
const source = program.getSourceFile(main);
const wrong = program.getSyntacticDiagnostics(source);

const refused = [];
const skipped = [];
const found = [];
const answer = { functions: [], classes: [], types: [], refused, skipped, docs: "" };
if (wrong.length > 0) {
  for (const each of wrong.slice(0, 20)) {
    const { line } = each.file.getLineAndCharacterOfPosition(each.start);
    const text = ts.flattenDiagnosticMessageText(each.messageText, " ");
    refused.push({ file: shown(each.file.fileName), line: line + 1, what: text, hint: "" });
  }
} else {
  read();
}
process.stdout.write(JSON.stringify(answer));

function read() {
  const checker = program.getTypeChecker();
  const own = checker.getSymbolAtLocation(source);
  if (own === undefined) return;
  for (const symbol of checker.getExportsOfModule(own)) {
    const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    found.push({ name: symbol.name, symbol: real, at: symbol.declarations?.[0] });
  }
  const place = ({ at }) => (at?.getSourceFile() === source ? at.pos : Number.MAX_SAFE_INTEGER);
  found.sort((a, b) => place(a) - place(b));
  const types = new Types(ts, program, checker, found);
  const functions = new Functions(ts, checker, types);
  answer.docs = docsOfFile();
  for (const { name, symbol, at } of found) {
    attempt(at ?? source, () => {
      if (name === "default" || name === "export=") {
        const hint = "give it one: export function NAME(...)";
        throw new Refusal(`\`${name === "default" ? "export default" : "export ="}\` has no name`, hint);
      }
      const type = checker.getTypeOfSymbolAtLocation(symbol, source);
      if (symbol.flags & ts.SymbolFlags.Class) {
        if (!types.isError(checker.getDeclaredTypeOfSymbol(symbol))) answer.classes.push(symbol);
      } else if (symbol.flags & ts.SymbolFlags.Value && functionOf(ts, symbol, type)) {
        answer.functions.push(functions.read(name, symbol, type));
      } else if (symbol.flags & ts.SymbolFlags.Value && !(symbol.flags & ts.SymbolFlags.Enum)) {
        skipped.push(name);
      }
    });
  }
  answer.classes = answer.classes.map((symbol) => {
    let made;
    attempt(symbol.declarations[0], () => {
      made = functions.readClass(types.exportedName(symbol), symbol, attempt);
    });
    return made;
  });
  answer.types = types.found;
}

/** What the first comment says, where it is one for the whole file. */
function docsOfFile() {
  const [first] = ts.getLeadingCommentRanges(source.text, 0) ?? [];
  const text = first ? source.text.slice(first.pos, first.end) : "";
  if (!/@(module|packageDocumentation|fileoverview|file)\b/.test(text)) return "";
  const lines = text.slice(3, -2).split("\n").map((line) => line.replace(/^\s*\*? ?/, ""));
  return lines.join("\n").replace(/@(module|packageDocumentation|fileoverview|file)\b/, "").trim();
}

function attempt(node, action) {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const place = error.node ?? node;
    const file = place.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(place.getStart(file));
    refused.push({ file: shown(file.fileName), line: line + 1, what: error.message, hint: error.hint });
  }
}

function shown(name) {
  return relative(folder, name);
}
