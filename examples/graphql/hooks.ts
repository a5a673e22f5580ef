/** What a schema asks the program that made it. */
import {
  GraphQLEnumType,
  GraphQLScalarType,
  isAbstractType,
  isEnumType,
  isObjectType,
  isScalarType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from "graphql";
import type { Hooks } from "example:graphql/graphql@0.1.0";
import type { Wanted } from "example:graphql/resolvers@0.1.0";
import { ask, ProgramObject, read, written } from "./values";

/** The context of a request that is executed: its number. */
export interface Context {
  number: number;
}

/** Lets a schema ask the program. */
export function hook(schema: GraphQLSchema, hooks: Hooks): void {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith("__"));
  const fields = new Set(hooks.fields);
  for (const type of types) {
    if (isObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        const wanted = ["*", `${type.name}.*`, `${type.name}.${field.name}`];
        if (wanted.some((each) => fields.has(each))) field.resolve = resolver;
      }
      if (hooks.memberships.includes(type.name)) {
        type.isTypeOf = (value, context, info) =>
          asked("membership", type.name, value, context, info) as boolean;
      }
    } else if (isAbstractType(type) && hooks.typeNames.includes(type.name)) {
      type.resolveType = (value, context, info) =>
        asked("type-name", type.name, value, context, info) as string;
    } else if (isScalarType(type)) {
      convert(type, new Set(hooks.scalars));
    }
  }
  if (hooks.enums) name(schema, read(hooks.enums) as Record<string, Record<string, unknown>>);
}

function resolver(source: unknown, args: object, context: Context, info: GraphQLResolveInfo) {
  return ask({
    wanted: "value",
    request: context.number,
    typeName: info.parentType.name,
    field: info.fieldName,
    source: written(source),
    arguments: written(args),
    path: path(info),
    positions: positions(info),
  });
}

function asked(
  wanted: Wanted,
  typeName: string,
  value: unknown,
  context: Context,
  info: GraphQLResolveInfo,
): unknown {
  return ask({
    wanted,
    request: context.number,
    typeName,
    field: info.fieldName,
    source: written(value),
    path: path(info),
    positions: positions(info),
  });
}

function path(info: GraphQLResolveInfo): string {
  const keys: (string | number)[] = [];
  for (let at: typeof info.path | undefined = info.path; at; at = at.prev) keys.unshift(at.key);
  return JSON.stringify(keys);
}

function positions(info: GraphQLResolveInfo): number[] {
  return info.fieldNodes.map((node) => node.loc?.start ?? 0);
}

function convert(type: GraphQLScalarType, scalars: Set<string>): void {
  const { name } = type;
  const has = (step: string): boolean => scalars.has(name) || scalars.has(`${name}.${step}`);
  const by = (wanted: Wanted) => (value: unknown) =>
    ask({ wanted, typeName: name, source: written(value) });
  if (has("serialized")) type.serialize = by("serialized");
  if (has("parsed")) {
    type.parseValue = by("parsed");
  }
  if (has("literal")) {
    type.parseLiteral = (node, variables) =>
      ask({
        wanted: "literal",
        typeName: name,
        source: JSON.stringify(node),
        arguments: written(variables ?? {}),
      });
  } else if (has("parsed")) {
    const plain = new GraphQLScalarType({ name, parseValue: type.parseValue });
    type.parseLiteral = plain.parseLiteral;
  }
}

function name(schema: GraphQLSchema, enums: Record<string, Record<string, unknown>>): void {
  for (const [typeName, members] of Object.entries(enums)) {
    const type = schema.getType(typeName);
    if (!isEnumType(type)) continue;
    for (const value of (type as GraphQLEnumType).getValues()) {
      if (!(value.name in members)) continue;
      const member = (value.value = members[value.name]);
      if (member instanceof ProgramObject) ProgramObject.keep(member);
    }
  }
}
