/** Values of the program, as they cross the border in JSON. */
import { resolve, type Call, type Failure } from "example:graphql/resolvers@0.1.0";

/** An error of the program's, which graphql puts into the response. */
export class ProgramError extends Error {
  extensions: Record<string, unknown> | undefined;
  original: number;

  constructor(failure: Failure) {
    super(failure.message);
    this.extensions = failure.extensions ? JSON.parse(failure.extensions) : undefined;
    this.original = failure.original;
  }
}

/** An object that stays in the program: only its number is known here. */
export class ProgramObject {
  /** Those that are compared, as what members of enums stand for. Others are let go of. */
  private static kept = new Map<number, ProgramObject>();

  private constructor(readonly number: number) {}

  static of(number: number): ProgramObject {
    return ProgramObject.kept.get(number) ?? new ProgramObject(number);
  }

  static keep(object: ProgramObject): void {
    ProgramObject.kept.set(object.number, object);
  }

  /** Where nobody else says which type the object has. */
  get __typename(): unknown {
    return ask({ wanted: "value", field: "__typename", source: written(this) });
  }

  /** What crosses the border, and else what graphql calls the object in its messages. */
  toJSON(): unknown {
    if (isWriting) return { $object: this.number };
    return ask({ wanted: "text", source: written(this) });
  }
}

/** Promises of the program that are open, by number. */
export const promises = new Map<
  number,
  { keep: (value: unknown) => void; break: (error: Error) => void }
>();

/** What JSON of the program means. */
export function read(text: string): unknown {
  const value = JSON.parse(text);
  // Most answers are no objects at all.
  return typeof value === "object" && value !== null && text.includes('"$') ? revived(value) : value;
}

function revived(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(revived);
  if ("$object" in value) return ProgramObject.of(value.$object as number);
  if ("$number" in value) return Number(value.$number);
  if ("$error" in value) return new ProgramError(value.$error as Failure);
  if ("$nothing" in value) return undefined;
  if ("$promise" in value) {
    const number = value.$promise as number;
    return new Promise((kept, broken) => promises.set(number, { keep: kept, break: broken }));
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, revived(each)]));
}

/** A value as JSON for the program. */
export function written(value: unknown): string {
  isWriting = true;
  try {
    return JSON.stringify(value, shown) ?? '{"$nothing":true}';
  } finally {
    isWriting = false;
  }
}

let isWriting = false;

function shown(_name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (typeof value === "bigint") return Number(value);
  return value;
}

/** Asks the program. */
export function ask(call: Partial<Call> & Pick<Call, "wanted">): unknown {
  try {
    return read(
      resolve({
        request: 0,
        typeName: "",
        field: "",
        source: "null",
        arguments: "{}",
        path: "[]",
        positions: [],
        ...call,
      }),
    );
  } catch (error: any) {
    const failure = error?.payload ?? error;
    throw typeof failure?.message === "string" && "original" in failure
      ? new ProgramError(failure)
      : error;
  }
}
