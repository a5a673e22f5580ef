// The program that TypeScript reads: the user's files, his settings, and packages from where we keep them.
import { dirname, join } from "node:path";

export const WIDTHS = {
  number: ["u8", "u16", "u32", "s8", "s16", "s32", "f32", "f64"],
  bigint: ["u64", "s64"],
};
const BRAND = "__wit";
const CONFIG = "tsconfig.json";

/** A program of one main file. */
export function open(ts, main, folder, packages) {
  const options = { ...settings(ts, folder), ...FORCED(ts) };
  const host = ts.createCompilerHost(options, true);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, how, ...rest) => branded(ts, read(name, how, ...rest), how);
  host.writeFile = () => {};
  const cache = ts.createModuleResolutionCache(folder, (name) => name, options);
  const look = (name, from) => ts.resolveModuleName(name, from, options, host, cache);
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => {
      const found = look(text, from);
      if (found.resolvedModule || !packages || /^[./]/.test(text)) return found;
      return look(text, join(dirname(packages), "any.ts"));
    });
  return ts.createProgram({ rootNames: [main], options, host });
}

function settings(ts, folder) {
  const path = join(folder, CONFIG);
  if (!ts.sys.fileExists(path)) return {};
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config ?? {}, ts.sys, folder);
  const { paths, baseUrl, pathsBasePath, lib, jsx, jsxImportSource } = options;
  return Object.fromEntries(
    Object.entries({ paths, baseUrl, pathsBasePath, lib, jsx, jsxImportSource }).filter(([, each]) => each),
  );
}

const FORCED = (ts) => ({
  allowJs: true,
  checkJs: true,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  skipDefaultLibCheck: true,
  ignoreDeprecations: "6.0",
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
});

/**
 * A source whose `type u32 = number` is told from other numbers.
 *
 * The checker forgets the names of such aliases. A mark in the type, which no value has, goes with it
 * through everything that is made of it.
 */
function branded(ts, source, how) {
  if (source === undefined || /\.json$|[\\/]lib\.[^\\/]*\.d\.ts$/.test(source.fileName)) return source;
  const edits = [];
  for (const node of source.statements) {
    if (ts.isTypeAliasDeclaration(node)) edits.push(...edit(ts, source, node.name, node.type));
  }
  for (const match of source.text.matchAll(/@typedef\s+\{(number|bigint)\}\s+([usf]\d+)\b/g)) {
    const end = match.index + match[0].indexOf("}");
    if (WIDTHS[match[1]].includes(match[2])) edits.push([end, mark(match[2])]);
  }
  if (edits.length === 0) return source;
  let text = source.text;
  for (const [at, more] of edits.sort((a, b) => b[0] - a[0])) text = text.slice(0, at) + more + text.slice(at);
  return ts.createSourceFile(source.fileName, text, how, true, source.scriptKind);
}

function edit(ts, source, name, type) {
  const { NumberKeyword, BigIntKeyword } = ts.SyntaxKind;
  const base = { [NumberKeyword]: "number", [BigIntKeyword]: "bigint" }[type.kind];
  return WIDTHS[base]?.includes(name.text) ? [[type.end, mark(name.text)]] : [];
}

const mark = (width) => ` & { readonly ${BRAND}?: "${width}" }`;

/** The width that a type was marked with. */
export function widthOf(checker, type) {
  const property = type.getProperty(BRAND);
  if (property === undefined) return undefined;
  const found = checker.getNonNullableType(checker.getTypeOfSymbol(property));
  return found.isStringLiteral() ? found.value : undefined;
}
