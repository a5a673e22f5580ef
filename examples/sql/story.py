"""SQL between dialects, from Python: what sqlglot says, in a sandbox."""

import wherever

sql = wherever.load("build/sql.wasm", timeout=10)

print(*sql.transpile("SELECT EPOCH_MS(1618088028295)", read="duckdb", write="hive"))

orders = sql.Table("orders", [sql.Column("customer", "int"), sql.Column("price", "int")])
query = """SELECT customer, paid * 2 AS twice
FROM (SELECT customer, SUM(price) AS paid FROM orders GROUP BY customer) AS each"""
for output in sql.outputs(query, [orders]):
    print(output.name, "is made of", *output.sources)

try:
    sql.transpile("SELECT customer FRM orders WHERE")
except sql.SqlError as error:
    print(f"{error.line}:{error.column}: {error.message}")
