// From TypeScript's types to those that WIT can say, as plain data with the names of the source.
import { widthOf } from "./program.mjs";
import { Refusal } from "./refusal.mjs";

const ARRAYS = {
  Uint8Array: "u8",
  Uint16Array: "u16",
  Uint32Array: "u32",
  Int8Array: "s8",
  Int16Array: "s16",
  Int32Array: "s32",
  Float32Array: "f32",
  Float64Array: "f64",
  BigInt64Array: "s64",
  BigUint64Array: "u64",
};
const INSTEAD = {
  Map: "write a list of pairs: [string, number][]",
  Set: "write a list: string[]",
  Date: "write its time as a number, or its text as a string",
  RegExp: "write its source as a string",
  Buffer: "write Uint8Array",
  ArrayBuffer: "write Uint8Array",
  Iterable: "write a list: string[]",
  Iterator: "write a list: string[]",
  Generator: "write a list: string[]",
  AsyncGenerator: "write a Promise of a list: Promise<string[]>",
  AsyncIterable: "write a Promise of a list: Promise<string[]>",
  Error: "throw it, and say so: /** @throws {Error} when ... */",
};
const KEYS = ["tag", "kind", "type"];

export class Types {
  /** The types that have names, in the order in which they are met, inner ones first. */
  found = [];
  #known = new Map();
  #within = new Set();

  constructor(ts, program, checker, exported) {
    this.ts = ts;
    this.program = program;
    this.checker = checker;
    this.exported = new Map(exported.map(({ name, symbol }) => [symbol, name]));
  }

  exportedName(symbol) {
    return this.exported.get(symbol);
  }

  isError(type) {
    if (type.symbol?.name === "Error" && this.isOfLibrary(type.symbol)) return true;
    return (type.getBaseTypes?.() ?? []).some((base) => this.isError(base));
  }

  isOfLibrary(symbol) {
    const node = symbol.declarations?.[0];
    return node !== undefined && this.program.isSourceFileDefaultLibrary(node.getSourceFile());
  }

  /**
   * What a type is in WIT.
   *
   * `place` is what it is the type of, for messages; `words` name it where it has no name.
   */
  read(type, place, words) {
    const { TypeFlags } = this.ts;
    if (type.flags & TypeFlags.TypeParameter && type.isThisType) type = type.getConstraint();
    const members = type.isUnion() ? type.types : [type];
    const absent = members.filter((each) => each.flags & NOTHING(TypeFlags));
    if (absent.length === 0) return this.#present(type, place, words);
    if (absent.length === members.length) this.#refuse(type, place, "leave it out");
    const of = this.#present(this.checker.getNonNullableType(type), place, words);
    const isNull = absent.every((each) => each.flags & TypeFlags.Null);
    return { kind: "option", of, absent: isNull ? "null" : "undefined" };
  }

  #present(type, place, words) {
    const { TypeFlags } = this.ts;
    const members = type.isUnion() ? type.types : [type];
    const all = (flags) => members.every((each) => each.flags & flags);
    if (all(TypeFlags.BooleanLike)) return { kind: "bool" };
    if (members.length === 1 && type.flags & (TypeFlags.String | TypeFlags.StringLiteral | TypeFlags.TemplateLiteral)
      && !(type.flags & TypeFlags.EnumLiteral)) {
      return { kind: "string" };
    }
    const widths = new Set(members.map((each) => this.#width(each)));
    const isOfNames = type.flags & TypeFlags.EnumLike || all(TypeFlags.EnumLiteral) || all(TypeFlags.StringLiteral);
    if (!widths.has(undefined) && !isOfNames) {
      const [one, ...more] = widths;
      if (more.length === 0) return { kind: one };
      if (widths.size === 2 && widths.has("f64")) return { kind: "f64" };
      this.#refuse(type, place, "write one kind of number for it");
    }
    if (isOfNames) return this.#named(type, place, words, () => this.#enum(members));
    if (members.every((each) => this.#isText(each))) return { kind: "string" };
    if (members.length > 1) return this.#union(type, members, place, words);
    if (type.flags & TypeFlags.Any) {
      this.#refuse(type, place, "say its type; in JavaScript with /** @param {string} NAME */ and @returns");
    }
    if (!(type.flags & (TypeFlags.Object | TypeFlags.Intersection))) this.#refuse(type, place, "");
    return this.#object(type, place, words);
  }

  #isText(type) {
    const { TypeFlags } = this.ts;
    if (type.flags & TypeFlags.StringLike) return true;
    return type.isIntersection() && type.types.some((each) => each.flags & TypeFlags.StringLike);
  }

  #width(type) {
    const { TypeFlags } = this.ts;
    if (type.flags & TypeFlags.EnumLiteral) return undefined;
    if (type.flags & TypeFlags.NumberLike) return "f64";
    if (type.flags & TypeFlags.BigIntLike) return "s64";
    if (!type.isIntersection()) return undefined;
    return widthOf(this.checker, type);
  }

  #object(type, place, words) {
    const { checker } = this;
    if (checker.isTupleType(type)) {
      const { elementFlags } = type.target;
      if (elementFlags.length === 0 || elementFlags.some((flag) => flag !== this.ts.ElementFlags.Required)) {
        this.#refuse(type, place, "write a list, or a tuple whose length is fixed");
      }
      const parts = checker.getTypeArguments(type);
      return { kind: "tuple", of: parts.map((each, at) => this.read(each, place, [...words, `${at + 1}`])) };
    }
    if (checker.isArrayType(type)) {
      return { kind: "list", of: this.read(checker.getTypeArguments(type)[0], place, words), array: "" };
    }
    const { symbol } = type;
    if (symbol !== undefined && this.isOfLibrary(symbol) && !type.aliasSymbol) {
      const width = ARRAYS[symbol.name];
      if (width !== undefined) return { kind: "list", of: { kind: width }, array: symbol.name };
      if (symbol.name !== "Object") this.#refuse(type, place, INSTEAD[symbol.name] ?? "");
    }
    if (symbol !== undefined && symbol.flags & this.ts.SymbolFlags.Class) return this.#class(type, symbol, place);
    if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) {
      this.#refuse(type, place, "functions cannot be handed over: write a function for each use");
    }
    if (checker.getIndexInfosOfType(type).length > 0) this.#refuse(type, place, INSTEAD.Map);
    return this.#named(type, place, words, (name) => this.#record(name, type, place));
  }

  #class(type, symbol, place) {
    if (this.isError(type)) this.#refuse(type, place, INSTEAD.Error);
    const name = this.exportedName(symbol);
    if (name === undefined) this.#refuse(type, place, `export the class: export class ${symbol.name}`);
    if (countArguments(this.checker, type) > 0) this.#refuse(type, place, "write a class without type parameters");
    return { kind: "class", name };
  }

  #named(type, place, words, make) {
    const known = this.#known.get(type);
    if (known !== undefined) return { kind: "ref", at: known };
    if (this.#within.has(type)) {
      this.#refuse(type, place, "WIT has no types that hold themselves: hand it over as JSON text");
    }
    const name = this.#nameOf(type) ?? words;
    this.#within.add(type);
    let made;
    try {
      made = make(name, type);
    } finally {
      this.#within.delete(type);
    }
    const symbol = type.aliasSymbol ?? type.symbol;
    const docs = symbol && !this.isOfLibrary(symbol) ? docsOf(this.ts, this.checker, symbol) : "";
    this.found.push({ ...made, name, docs, given: this.#nameOf(type) !== undefined });
    this.#known.set(type, this.found.length - 1);
    return { kind: "ref", at: this.found.length - 1 };
  }

  /** The words of a type's name, with those of what it was made for: `Page<User>` is Page, User. */
  #nameOf(type) {
    const alias = type.aliasSymbol;
    const symbol = alias ?? type.symbol;
    if (symbol === undefined || symbol.name.startsWith("__")) return undefined;
    const args = alias ? type.aliasTypeArguments : type.target ? this.checker.getTypeArguments(type) : [];
    const inner = (args ?? []).filter((each) => !each.isThisType).flatMap((each) => this.#nameOf(each) ?? [this.#said(each)]);
    return [symbol.name, ...inner];
  }

  /** An error class as a record: its message, and the fields that it has of its own. */
  readError(type, name, own) {
    if (!this.#known.has(type)) {
      const fields = [{ name: "message", type: { kind: "string" }, optional: false, docs: "" }];
      for (const property of own) {
        const read = this.read(this.checker.getTypeOfSymbol(property), `${property.name} of ${name}`, [name, property.name]);
        const optional = (property.flags & this.ts.SymbolFlags.Optional) !== 0;
        fields.push({ name: property.name, type: read, optional, docs: docsOf(this.ts, this.checker, property) });
      }
      const docs = docsOf(this.ts, this.checker, type.symbol);
      this.found.push({ kind: "record", fields, constants: {}, name: [name], docs, given: true });
      this.#known.set(type, this.found.length - 1);
    }
    return { kind: "ref", at: this.#known.get(type) };
  }

  #enum(members) {
    const cases = members.map((each) => {
      const isOfEnum = each.flags & this.ts.TypeFlags.EnumLiteral;
      return { name: isOfEnum ? each.symbol.name : each.value, value: each.value };
    });
    return { kind: "enum", cases };
  }

  #record(name, type, place) {
    const fields = [];
    const constants = {};
    for (const property of this.checker.getPropertiesOfType(type)) {
      const inner = this.checker.getTypeOfSymbol(property);
      const optional = (property.flags & this.ts.SymbolFlags.Optional) !== 0;
      if (inner.isStringLiteral() && !optional) {
        constants[property.name] = inner.value;
        continue;
      }
      if (property.name.startsWith("__@")) this.#refuse(type, place, "leave out what symbols name");
      const read = this.read(inner, `${property.name} of ${place}`, [...name, property.name]);
      fields.push({ name: property.name, type: read, optional, docs: docsOf(this.ts, this.checker, property) });
    }
    if (fields.length === 0) this.#refuse(type, place, "a record has at least one field");
    return { kind: "record", fields, constants };
  }

  #union(type, members, place, words) {
    const key = this.#discriminant(members);
    if (key === undefined) {
      this.#refuse(type, place, 'tell them apart: { tag: "a", val: string } | { tag: "b", val: number }');
    }
    return this.#named(type, place, words, (name) => {
      const cases = members.map((member) => {
        const value = this.checker.getTypeOfPropertyOfType(member, key).value;
        const others = this.checker.getPropertiesOfType(member).filter((each) => each.name !== key);
        const [one] = others;
        if (others.length === 0) return { value, key: "", type: null };
        if (others.length === 1 && (one.name === "val" || one.name === "value")) {
          const inner = this.checker.getTypeOfSymbol(one);
          const read = this.read(inner, `${one.name} of ${place}`, [...name, value]);
          return { value, key: one.name, type: read };
        }
        return { value, key: null, type: this.read(member, place, [...name, value]) };
      });
      return { kind: "variant", key, cases };
    });
  }

  #discriminant(members) {
    const names = members[0].flags & this.ts.TypeFlags.Object
      ? this.checker.getPropertiesOfType(members[0]).map((each) => each.name)
      : [];
    const sorted = [...KEYS.filter((key) => names.includes(key)), ...names.filter((name) => !KEYS.includes(name))];
    return sorted.find((name) => {
      const types = members.map((each) => this.checker.getTypeOfPropertyOfType(each, name));
      if (!types.every((each) => each?.isStringLiteral())) return false;
      return new Set(types.map((each) => each.value)).size === members.length;
    });
  }

  #said(type) {
    const text = this.checker.typeToString(type);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  }

  #refuse(type, place, hint) {
    throw new Refusal(`${place} is ${this.#said(type)}, which WIT cannot say`, hint);
  }
}

const NOTHING = (flags) => flags.Undefined | flags.Null | flags.Void;

function countArguments(checker, type) {
  return type.target ? checker.getTypeArguments(type).filter((each) => !each.isThisType).length : 0;
}

export function docsOf(ts, checker, symbol) {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
}
