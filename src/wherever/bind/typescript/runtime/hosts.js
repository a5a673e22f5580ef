/** The functions that a user gives to a library, found by the names of its world. */

/** For each imported function of a library the user's: `(self, args) => answer`. */
export function hosts(description, given) {
  const { functions, interfaces, resources } = description;
  const found = [];
  functions.forEach((asked, number) => {
    const { exported, at } = interfaces[asked.of];
    if (exported) return;
    const home = at === "" ? given : given?.[at];
    const place = `imports${at === "" ? "" : `.${at}`}`;
    if (asked.kind === "method") {
      found[number] = (args) => args[0][asked.name](...args.slice(1));
      return;
    }
    const owner = asked.resource === null ? home : home?.[resources[asked.resource].name];
    const where = asked.resource === null ? place : `${place}.${resources[asked.resource].name}`;
    if (asked.kind === "constructor") {
      need(owner, where, description.name);
      found[number] = (args) => new owner(...args);
    } else {
      need(owner?.[asked.name], `${where}.${asked.name}`, description.name);
      found[number] = (args) => owner[asked.name](...args);
    }
  });
  return found;
}

function need(value, where, library) {
  if (typeof value !== "function") {
    throw new TypeError(`${library} calls its host: ${where} must be given: open({ imports }), or configure({ imports })`);
  }
}
