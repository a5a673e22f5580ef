// The same from JavaScript, where there is no sqlglot: the same sandboxed file, as an npm package.
import { open } from "sql-everywhere";

const sql = await open({ timeout: 60_000 });

console.log(...(await sql.transpile("SELECT EPOCH_MS(1618088028295)", "duckdb", "hive")));

const orders = {
  name: "orders",
  columns: [
    { name: "customer", type: "int" },
    { name: "price", type: "int" },
  ],
};
const query = `SELECT customer, paid * 2 AS twice
FROM (SELECT customer, SUM(price) AS paid FROM orders GROUP BY customer) AS each`;
for (const output of await sql.outputs(query, [orders])) {
  console.log(output.name, "is made of", ...output.sources);
}

try {
  await sql.transpile("SELECT customer FRM orders WHERE");
} catch (error) {
  const { line, column, message } = error.payload;
  console.log(`${line}:${column}: ${message}`);
}
await sql.close();
