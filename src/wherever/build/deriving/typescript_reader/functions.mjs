// Functions and classes: their parameters, what they give, and what they say that they throw.
import { Refusal } from "./refusal.mjs";
import { docsOf } from "./types.mjs";

/** Whether what a symbol stands for can be called. */
export function functionOf(ts, symbol, type) {
  return (symbol.flags & ts.SymbolFlags.Function) !== 0 || type.getCallSignatures().length > 0;
}

export class Functions {
  constructor(ts, checker, types) {
    this.ts = ts;
    this.checker = checker;
    this.types = types;
  }

  /** A function, or what a class has of them, by what the module calls it. */
  read(name, symbol, type, shown = name, words = [name]) {
    const node = symbol.valueDeclaration ?? symbol.declarations?.[0];
    try {
      const signature = this.#only(type.getCallSignatures(), shown);
      const common = this.#common(name, symbol, signature, shown, words);
      const result = this.#result(this.checker.getReturnTypeOfSignature(signature), shown, words);
      return { ...common, result, throws: this.#throws(symbol, node, shown) };
    } catch (error) {
      if (error instanceof Refusal) error.node ??= near(this.ts, node);
      throw error;
    }
  }

  /** An exported class: what is public of it, but for fields that can be set. */
  readClass(name, symbol, attempt) {
    const outer = this.checker.getTypeOfSymbol(symbol);
    const inner = this.checker.getDeclaredTypeOfSymbol(symbol);
    const node = symbol.valueDeclaration;
    if (inner.typeParameters?.length > 0) {
      throw new Refusal(`the class ${name} has type parameters`, "write a class for each kind of them", node);
    }
    const made = { name, docs: docsOf(this.ts, this.checker, symbol), constructor: null, methods: [], statics: [] };
    if (isMade(this.ts, node, outer)) {
      attempt(node, () => {
        const signature = this.#only(outer.getConstructSignatures(), `new ${name}`);
        made.constructor = this.#common(name, undefined, signature, `new ${name}`, [name]);
        const at = signature.declaration;
        if (at && this.ts.getJSDocTags(at).some((tag) => tag.tagName.text === "throws")) {
          throw new Refusal(`new ${name} throws, which WIT cannot say of a constructor`, HINT_STATIC, at);
        }
      });
    }
    for (const [type, list] of [[inner, made.methods], [outer, made.statics]]) {
      for (const property of this.checker.getPropertiesOfType(type)) {
        const at = property.valueDeclaration ?? property.declarations?.[0];
        if (at !== undefined && this.#isPublic(property, at)) {
          attempt(at, () => list.push(...this.#member(name, property, at)));
        }
      }
    }
    return made;
  }

  #member(owner, property, at) {
    const { ts } = this;
    const shown = `${owner}.${property.name}`;
    const type = this.checker.getTypeOfSymbol(property);
    if (property.flags & ts.SymbolFlags.Method) {
      return [this.read(property.name, property, type, shown, [owner, property.name])];
    }
    const isGiven = property.flags & ts.SymbolFlags.GetAccessor;
    const isFixed = ts.getCombinedModifierFlags(at) & ts.ModifierFlags.Readonly;
    if (!isGiven && !isFixed) return [];
    const result = this.types.read(type, shown, [owner, property.name]);
    const docs = docsOf(ts, this.checker, property);
    return [{ name: property.name, docs, params: [], result, throws: [], read: true }];
  }

  #isPublic(property, at) {
    const { ts } = this;
    if (/^(_|#|prototype$)/.test(property.name)) return false;
    return !(ts.getCombinedModifierFlags(at) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
  }

  #only(signatures, shown) {
    const [signature, ...more] = signatures;
    if (more.length > 0) {
      throw new Refusal(`${shown} has ${more.length + 1} overloads`, "write a function for each of them");
    }
    if (signature.typeParameters?.length > 0) {
      throw new Refusal(`${shown} has type parameters`, "write a function for each kind of them");
    }
    return signature;
  }

  #common(name, symbol, signature, shown, words) {
    const params = signature.parameters.map((parameter, at) => {
      const node = parameter.valueDeclaration;
      const own = parameter.name.startsWith("__") ? `arg${at + 1}` : parameter.name;
      const place = `${own} of ${shown}`;
      const type = this.checker.getTypeOfSymbolAtLocation(parameter, node ?? signature.declaration);
      const read = this.types.read(type, place, [...words, own]);
      const rest = node !== undefined && (node.dotDotDotToken !== undefined || isRest(this.ts, node));
      const optional = node !== undefined && this.ts.isParameter(node) && this.checker.isOptionalParameter(node);
      const isOption = optional && !rest && read.kind !== "option";
      return { name: own, type: isOption ? { kind: "option", of: read, absent: "undefined" } : read, rest };
    });
    const docs = symbol ? docsOf(this.ts, this.checker, symbol) : "";
    return { name, docs, params };
  }

  #result(type, shown, words) {
    const { TypeFlags } = this.ts;
    const awaited = this.checker.getAwaitedType(type) ?? type;
    if (awaited.flags & (TypeFlags.Void | TypeFlags.Undefined | TypeFlags.Never | TypeFlags.Null)) return null;
    return this.types.read(awaited, `the result of ${shown}`, [...words, "result"]);
  }

  #throws(symbol, node, shown) {
    const found = [];
    const holder = node && this.ts.isVariableDeclaration(node) ? node.parent.parent : node;
    for (const tag of holder ? this.ts.getJSDocTags(holder) : []) {
      if (!["throws", "exception"].includes(tag.tagName.text)) continue;
      for (const type of this.#thrown(tag, node)) {
        if (found.some((each) => each.type === type)) continue;
        found.push({ type, ...this.#error(type, shown, tag) });
      }
    }
    found.sort((a, b) => depth(b.type) - depth(a.type));
    return found.map(({ name, isGlobal, type_of }) => ({ name, global: isGlobal, type: type_of }));
  }

  #thrown(tag, node) {
    const type = tag.typeExpression?.type ?? linked(this.ts, tag);
    if (type === undefined) return [this.#errorType(node)];
    const found = this.ts.isTypeNode(type)
      ? this.checker.getTypeFromTypeNode(type)
      : this.checker.getDeclaredTypeOfSymbol(this.#real(this.checker.getSymbolAtLocation(type)) ?? {});
    return found.isUnion() ? found.types : [found];
  }

  #real(symbol) {
    return symbol && symbol.flags & this.ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  #errorType(node) {
    const symbol = this.checker.resolveName("Error", node, this.ts.SymbolFlags.Type, false);
    return this.checker.getDeclaredTypeOfSymbol(symbol);
  }

  #error(type, shown, tag) {
    if (!type.symbol || !this.types.isError(type)) {
      const text = tag.typeExpression?.getText() ?? tag.getText().split("\n")[0];
      throw new Refusal(`${shown} says that it throws ${text}, which is no error`, HINT_ERROR, tag);
    }
    const isGlobal = this.types.isOfLibrary(type.symbol);
    const name = isGlobal ? type.symbol.name : this.types.exportedName(type.symbol);
    if (name === undefined) {
      const hint = `export it: export class ${type.symbol.name} extends Error`;
      throw new Refusal(`${shown} throws ${type.symbol.name}, which is not exported`, hint, tag);
    }
    const own = this.checker.getPropertiesOfType(type).filter((each) => this.#isField(each));
    if (own.length === 0) return { name, isGlobal, type_of: null };
    return { name, isGlobal, type_of: this.types.readError(type, name, own) };
  }

  #isField(property) {
    const at = property.valueDeclaration;
    if (at === undefined || this.types.isOfLibrary(property) || !this.#isPublic(property, at)) return false;
    if (["name", "message", "stack", "cause"].includes(property.name)) return false;
    return !(property.flags & this.ts.SymbolFlags.Method);
  }
}

const HINT_STATIC = "write a static method that makes one";
const HINT_ERROR = "write the class in braces: @throws {RangeError} when ...";

/** `{@link ParseError}` at the beginning of a tag's words. */
function linked(ts, tag) {
  const [first, second] = Array.isArray(tag.comment) ? tag.comment : [];
  const link = first && ts.isJSDocLink(first) ? first : second;
  return link && ts.isJSDocLink(link) ? link.name : undefined;
}

function isRest(ts, node) {
  return ts.isJSDocParameterTag?.(node) && node.typeExpression?.type.kind === ts.SyntaxKind.JSDocVariadicType;
}

/** Where a person looks for a function: at its name. */
function near(ts, node) {
  return node && ts.getNameOfDeclaration(node) ? ts.getNameOfDeclaration(node) : node;
}

function isMade(ts, node, type) {
  if (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Abstract) return false;
  const [signature] = type.getConstructSignatures();
  const at = signature?.declaration;
  return !at || !(ts.getCombinedModifierFlags(at) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
}

function depth(type) {
  return 1 + Math.max(0, ...(type.getBaseTypes?.() ?? []).map(depth));
}
