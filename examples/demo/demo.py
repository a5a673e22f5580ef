"""The same from Python; run me where Wherever is installed."""

import wherever

out = wherever.run("python@3.12", ["-c", "print(sum(range(10)))"], timeout=30)
print("stdout:", out.stdout, "exit code:", out.exit_code)

out = wherever.run("python@3.12", ["-c", "while True: pass"], timeout=0.5)
print("ended by:", out.limit, "after", round(out.usage.wall_s, 1), "s")

lib = wherever.load("adder.wat")
print("add(20, 22) =", lib.add(20, 22))
