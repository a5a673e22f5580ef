/** Asks JSON for something: reads values from stdin or files, and writes what the query gives. */

import { args, exit, readFile, stderr, stdin, stdout } from "wherever";

import { evaluate } from "./evaluate";
import { names } from "./functions";
import { type Json, QueryError, isTrue, written } from "./json";
import { parse } from "./query";

const USAGE = `jsonquery: asks JSON for something

  jsonquery [OPTIONS] [QUERY] [FILE...]

  -c  each result in one line        -r  texts without quotation marks
  -l  a JSON value in each line      -s  all values as one array
  -n  without input: null            -e  the exit code is 1 where the last result is null or false

Without FILE the values come from stdin; without QUERY they are only laid out.
Functions: ${names().join(", ")}
`;

const FAILED = 1;
const USED_WRONGLY = 2;
const MISTAKEN = 5;

const OPTIONS = "clrsneh";

interface Command {
  readonly options: ReadonlySet<string>;
  readonly query: string;
  readonly files: readonly string[];
}

function read(words: readonly string[]): Command {
  const options = new Set<string>();
  const others: string[] = [];
  let isOver = false;
  for (const word of words) {
    if (isOver || !/^-[^\d.(\s]/.test(word)) others.push(word);
    else if (word === "--") isOver = true;
    else if (word === "--help") options.add("h");
    else {
      const unknown = [...word.slice(1)].find((letter) => !OPTIONS.includes(letter));
      if (unknown !== undefined) fail(USED_WRONGLY, `there is no option ${word}; try --help`);
      for (const letter of word.slice(1)) options.add(letter);
    }
  }
  const [query = ".", ...files] = others;
  return { options, query, files };
}

function* inputs({ options, files }: Command): Generator<Json, void, undefined> {
  if (options.has("n")) {
    yield null;
    return;
  }
  const texts = files.length > 0 ? files.map((path) => [path, file(path)] as const) : [];
  const values: Json[] = [];
  for (const [name, text] of files.length > 0 ? texts : [["stdin", stdin.text()] as const]) {
    for (const value of options.has("l") ? lines(name, text) : [json(name, text)]) {
      if (options.has("s")) values.push(value);
      else yield value;
    }
  }
  if (options.has("s")) yield values;
}

function file(path: string): string {
  try {
    return readFile(path, "utf-8");
  } catch (error) {
    fail(USED_WRONGLY, `${path}: ${said(error)}`);
  }
}

function* lines(name: string, text: string): Generator<Json, void, undefined> {
  for (const [place, line] of text.split("\n").entries())
    if (line.trim() !== "") yield json(`${name}:${place + 1}`, line);
}

function json(name: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    fail(USED_WRONGLY, `${name}: it is not JSON: ${said(error)}`);
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fail(code: number, what: string): never {
  stderr.write(`jsonquery: ${what}\n`);
  exit(code);
}

function main(): number {
  const command = read(args);
  if (command.options.has("h")) {
    stdout.write(USAGE);
    return 0;
  }
  let last: Json = true;
  try {
    const query = parse(command.query);
    for (const input of inputs(command))
      for (const result of evaluate(query, input)) {
        const isBare = command.options.has("r") && typeof result === "string";
        stdout.write(`${isBare ? result : written(result, !command.options.has("c"))}\n`);
        last = result;
      }
  } catch (error) {
    if (error instanceof QueryError) fail(MISTAKEN, error.message);
    throw error;
  }
  return command.options.has("e") && !isTrue(last) ? FAILED : 0;
}

exit(main());
