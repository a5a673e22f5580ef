"""Scripts that make a command out of an interpreter of the catalogue and a library."""

from __future__ import annotations

SQLITE = """\
import csv, json, sqlite3, sys

words, form, header = [], "list", False
for word in sys.argv[1:]:
    if word in ("-json", "-csv", "-list"):
        form = word[1:]
    elif word == "-header":
        header = True
    elif word in ("-version", "--version"):
        print(sqlite3.sqlite_version)
        sys.exit()
    elif word.startswith("-"):
        sys.exit(f"sqlite: unknown option {word}")
    else:
        words.append(word)
database = words[0] if words else ":memory:"
text = "\\n".join(words[1:]) if words[1:] else sys.stdin.read()


def show(rows, names):
    if form == "json":
        print(json.dumps([dict(zip(names, row)) for row in rows], default=bytes.hex))
        return
    if header:
        rows = [names, *rows]
    if form == "csv":
        csv.writer(sys.stdout, lineterminator="\\n").writerows(rows)
        return
    for row in rows:
        print("|".join("" if value is None else str(value) for value in row))


try:
    base = sqlite3.connect(database, isolation_level=None)
    statement = ""
    for part in (text + "\\n;").split(";"):
        statement += part + ";"
        if not sqlite3.complete_statement(statement):
            continue
        if statement.strip("; \\t\\n"):
            found = base.execute(statement)
            if found.description:
                show(found.fetchall(), [each[0] for each in found.description])
        statement = ""
    if statement.strip("; \\t\\n"):
        base.execute(statement)
    base.close()
except sqlite3.Error as error:
    sys.exit(f"sqlite: {error}")
"""

READ = """\
const fail = (words) => { std.err.puts(words + '\\n'); std.exit(1); };
const read = (path) => {
  const text = path === undefined || path === '-' ? std.in.readAsString() : std.loadFile(path);
  return text ?? fail('cannot open ' + path);
};
"""

MARKED = (
    READ
    + """\
const { marked } = await import('/usr/lib/marked/marked.esm.js');
std.out.puts(marked.parse(read(scriptArgs[0])));
"""
)

TERSER = (
    READ
    + """\
std.loadScript('/usr/lib/terser/bundle.min.js');
const words = scriptArgs.filter((word) => !/^-./.test(word));
const options = { module: scriptArgs.includes('--module') };
for (const word of scriptArgs)
  if (word === '--no-mangle') options.mangle = false;
  else if (word === '--no-compress') options.compress = false;
  else if (word === '--beautify') options.format = { beautify: true };
  else if (/^-./.test(word) && word !== '--module') fail('terser: unknown option ' + word);
const source = words.length ? Object.fromEntries(words.map((word) => [word, read(word)])) : read();
try { std.out.puts((await Terser.minify(source, options)).code + '\\n'); }
catch (error) { fail(`terser: ${error.filename ?? '-'}:${error.line}: ${error.message}`); }
"""
)

PRETTIER = (
    READ
    + """\
const library = '/usr/lib/prettier/';
const prettier = await import(library + 'standalone/standalone.mjs');
const options = {}, paths = [];
let writes = false, checks = false;
for (let word of scriptArgs) {
  const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/.exec(word) ?? [];
  if (word === '--write') writes = true;
  else if (word === '--check') checks = true;
  else if (name === undefined) paths.push(word);
  else options[name.replace(/-(.)/g, (_, c) => c.toUpperCase())] =
    value === undefined ? true : /^(\\d+|true|false)$/.test(value) ? JSON.parse(value) : value;
}
const kinds = {
  js: 'babel', mjs: 'babel', cjs: 'babel', jsx: 'babel', ts: 'typescript', tsx: 'typescript',
  json: 'json', css: 'css', scss: 'scss', less: 'less', md: 'markdown', markdown: 'markdown',
  html: 'html', vue: 'vue', yaml: 'yaml', yml: 'yaml', graphql: 'graphql', gql: 'graphql',
};
const plugins = [];
for (const name of 'estree babel typescript postcss markdown html yaml graphql'.split(' '))
  plugins.push((await import(`${library}${name}/${name}.mjs`)).default);
let failed = 0;
for (const path of paths.length ? paths : ['-']) {
  const source = read(path);
  const parser = options.parser ?? kinds[path.split('.').pop()];
  if (!parser) fail(`prettier: cannot tell what ${path} is; name it with --parser=css`);
  let text;
  try { text = await prettier.format(source, { ...options, parser, plugins }); }
  catch (error) { std.err.puts(`${path}: ${error.message}\\n`); failed = 2; continue; }
  if (checks) { if (text !== source) { console.log(path); failed ||= 1; } }
  else if (!writes || path === '-') std.out.puts(text);
  else if (text !== source) {
    const file = std.open(path, 'w') ?? fail('cannot write ' + path);
    file.puts(text);
    file.close();
    console.log(path);
  }
}
if (failed) std.exit(failed);
"""
)

JSONATA = (
    READ
    + """\
std.loadScript('/usr/lib/jsonata/jsonata.js');
const [query, path] = scriptArgs;
if (query === undefined) fail('usage: jsonata EXPRESSION [FILE]');
try {
  const found = await jsonata(query).evaluate(JSON.parse(read(path)));
  if (found !== undefined) console.log(JSON.stringify(found, null, 2));
} catch (error) { fail('jsonata: ' + error.message); }
"""
)
