/** Schemas, and what is done with them. */
import {
  assertSchema,
  buildASTSchema,
  buildClientSchema,
  execute,
  executeSync,
  extendSchema,
  GraphQLError,
  GraphQLSchema,
  introspectionFromSchema,
  lexicographicSortSchema,
  printIntrospectionSchema,
  printSchema,
  printType,
  validate,
  validateSchema,
  type ExecutionResult,
} from "graphql";
import type {
  Failure,
  Hooks,
  Judging,
  Problem,
  Request,
  Response,
} from "example:graphql/graphql@0.1.0";
import { document } from "./documents";
import { hook } from "./hooks";
import { problem, problems } from "./problems";
import { chosen } from "./rules";
import { ProgramError, promises, read, written } from "./values";

const NO_HOOKS: Hooks = {
  fields: [],
  typeNames: [],
  memberships: [],
  scalars: [],
  enums: "",
  assumeValid: false,
};

/** Does what may fail, and throws the problems where it does. */
function made(hooks: Hooks, make: () => GraphQLSchema): Schema {
  try {
    const schema = make();
    hook(schema, hooks);
    return new Schema(schema, hooks);
  } catch (error) {
    throw [problem(error)];
  }
}

export class Schema {
  constructor(
    readonly schema: GraphQLSchema,
    readonly hooks: Hooks,
  ) {}

  static build(text: string, fields: string[]): Schema {
    const built = Schema.buildWith(text, { ...NO_HOOKS, fields });
    const wrong = validateSchema(built.schema);
    if (wrong.length) throw problems(wrong);
    return built;
  }

  static buildWith(text: string, hooks: Hooks): Schema {
    return made(hooks, () => buildASTSchema(document(text), assumed(hooks.assumeValid)));
  }

  static fromIntrospection(data: string): Schema {
    return made(NO_HOOKS, () => buildClientSchema(JSON.parse(data)));
  }

  extend(text: string, assumeValid: boolean): Schema {
    return made(this.hooks, () =>
      extendSchema(this.schema, document(text), assumed(assumeValid)),
    );
  }

  sorted(): Schema {
    return new Schema(lexicographicSortSchema(this.schema), this.hooks);
  }

  problems(): Problem[] {
    return problems(validateSchema(assertSchema(this.schema)));
  }

  validate(text: string): Problem[] {
    try {
      return problems(validate(this.schema, document(text)));
    } catch (error) {
      return [problem(error)];
    }
  }

  validateBy(text: string, { rules, maxErrors, hideSuggestions }: Judging): Problem[] {
    try {
      const options = { maxErrors: maxErrors ?? undefined, hideSuggestions };
      return problems(validate(this.schema, document(text), chosen(rules), options));
    } catch (error) {
      throw [problem(error)];
    }
  }

  execute(text: string, variables: string): Response {
    try {
      return response(
        executeSync({
          schema: this.schema,
          document: document(text),
          variableValues: variables ? (read(variables) as object) : undefined,
          contextValue: { number: 0 },
        }),
      );
    } catch (error) {
      return { data: "", errors: [problem(error)] };
    }
  }

  start(request: Request): Execution {
    try {
      const run = request.synchronous ? executeSync : execute;
      return new Execution(
        run({
          schema: this.schema,
          document: document(request.document),
          rootValue: request.root ? read(request.root) : undefined,
          variableValues: request.variables ? (read(request.variables) as object) : undefined,
          operationName: request.operation ?? undefined,
          contextValue: { number: request.number },
          hideSuggestions: request.hideSuggestions,
          options: { maxCoercionErrors: request.maxErrors ?? 50 },
        } as Parameters<typeof execute>[0]),
      );
    } catch (error) {
      throw problem(error);
    }
  }

  print(): string {
    return printSchema(this.schema);
  }

  printIntrospection(): string {
    return printIntrospectionSchema(this.schema);
  }

  printType(name: string): string {
    const type = this.schema.getType(name);
    return type ? printType(type) : "";
  }

  introspect(): string {
    return JSON.stringify(introspectionFromSchema(this.schema));
  }
}

/** A request that is under way. */
export class Execution {
  private result: ExecutionResult | undefined;

  constructor(result: ExecutionResult | Promise<ExecutionResult>) {
    if (!(result instanceof Promise)) this.result = result;
    else {
      result.then(
        (found) => (this.result = found),
        (error) => (this.result = { errors: [error as GraphQLError] }),
      );
    }
  }

  response(): Response | undefined {
    return this.result && response(this.result);
  }
}

/** Keeps a promise of the program's. */
export async function keep(promise: number, value: string): Promise<void> {
  promises.get(promise)?.keep(read(value));
  promises.delete(promise);
  await turns();
}

/** Breaks one. */
export async function broken(promise: number, failure: Failure): Promise<void> {
  promises.get(promise)?.break(new ProgramError(failure));
  promises.delete(promise);
  await turns();
}

/** Lets all promises go on that can. */
async function turns(): Promise<void> {
  await new Promise((done) => setTimeout(done, 0));
}

function response({ data, errors }: ExecutionResult): Response {
  return { data: data ? written(data) : "", errors: problems(errors) };
}

function assumed(valid: boolean): object {
  return valid ? { assumeValid: true, assumeValidSDL: true } : {};
}
