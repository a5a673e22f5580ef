import { createCli } from "@bytecodealliance/preview2-shim/cli";

/** No arguments and no variables; what is printed goes to the host. */
export function cli(write) {
  const stream = (number) => ({
    write: (bytes) => write(number, bytes),
    blockingFlush: () => {},
  });
  const found = createCli({ stdout: stream(1), stderr: stream(2) });
  return {
    "wasi:cli/environment": found.environment,
    "wasi:cli/exit": found.exit,
    "wasi:cli/stdin": found.stdin,
    "wasi:cli/stdout": found.stdout,
    "wasi:cli/stderr": found.stderr,
    "wasi:cli/terminal-input": found.terminalInput,
    "wasi:cli/terminal-output": found.terminalOutput,
    "wasi:cli/terminal-stdin": found.terminalStdin,
    "wasi:cli/terminal-stdout": found.terminalStdout,
    "wasi:cli/terminal-stderr": found.terminalStderr,
  };
}
