;; Starts the QuickJS-ng reactor like a command: it hands the engine our opening script and
;; the guest's arguments, runs the event loop until nothing is left, and exits with its code.
(module
  (import "guest" "memory" (memory 0))
  (import "guest" "malloc" (func $malloc (param i32) (result i32)))
  (import "guest" "qjs_init_argv" (func $open (param i32 i32) (result i32)))
  (import "guest" "qjs_get_context" (func $context (result i32)))
  (import "guest" "js_std_loop" (func $loop (param i32) (result i32)))
  (import "guest" "JS_Eval" (func $eval (param i32 i32 i32 i32 i32) (result i64)))
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (export "memory" (memory 0))

  (data $options "qjs\00--std\00-m\00-e\00--\00")
  (data $opening
    "for (const name of ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'])\n"
    "  globalThis[name] ??= os[name];\n"
    "for (const name of ['error', 'warn'])\n"
    "  console[name] ??= (...words) => { std.err.puts(words.join(' ') + '\\n'); std.err.flush(); };\n"
    "for (const name of ['info', 'debug']) console[name] ??= console.log;\n"
    "let [first, ...rest] = scriptArgs;\n"
    "if (first === '-e' || first === '-c' || first === '--eval') {\n"
    "  globalThis.scriptArgs = rest.slice(1);\n"
    "  await std.evalScript(rest[0] ?? '', { async: true, backtrace_barrier: true });\n"
    "} else if (first === '-v' || first === '--version') {\n"
    "  console.log('QuickJS-ng 0.15.1');\n"
    "} else if (first !== undefined && first !== '-') {\n"
    "  globalThis.scriptArgs = [first, ...rest];\n"
    "  try { std.loadScript(first); }\n"
    "  catch (error) {\n"
    "    if (!(error instanceof SyntaxError)) throw error;\n"
    "    await import(first.replace(/^(\\.\\/)+/, ''));\n"
    "  }\n"
    "} else {\n"
    "  globalThis.scriptArgs = ['-', ...rest];\n"
    "  await std.evalScript(std.in.readAsString(), { async: true, backtrace_barrier: true });\n"
    "}\n\00")
  (data $closing "std.exit(0)\00<end>\00")

  (func (export "_start")
    (local $count i32) (local $bytes i32) (local $argv i32) (local $text i32)
    (local.set $text (call $malloc (i32.const 4096)))
    (drop (call $args_sizes_get (local.get $text) (i32.add (local.get $text) (i32.const 4))))
    (local.set $count (i32.load (local.get $text)))
    (local.set $bytes (i32.load offset=4 (local.get $text)))
    ;; Room for: qjs --std -m -e OPENING --, the arguments after the first, and a null.
    (local.set $argv
      (call $malloc (i32.shl (i32.add (local.get $count) (i32.const 6)) (i32.const 2))))
    ;; The first argument, the program's own name, is written over by the "--".
    (drop (call $args_get
      (i32.add (local.get $argv) (i32.const 20)) (call $malloc (local.get $bytes))))
    (memory.init $options (local.get $text) (i32.const 0) (i32.const 19))
    (i32.store offset=0 (local.get $argv) (local.get $text))
    (i32.store offset=4 (local.get $argv) (i32.add (local.get $text) (i32.const 4)))
    (i32.store offset=8 (local.get $argv) (i32.add (local.get $text) (i32.const 10)))
    (i32.store offset=12 (local.get $argv) (i32.add (local.get $text) (i32.const 13)))
    (i32.store offset=20 (local.get $argv) (i32.add (local.get $text) (i32.const 16)))
    (local.set $text (i32.add (local.get $text) (i32.const 19)))
    (memory.init $opening (local.get $text) (i32.const 0) (i32.const 1022))
    (i32.store offset=16 (local.get $argv) (local.get $text))
    (i32.store
      (i32.add (local.get $argv) (i32.shl (i32.add (local.get $count) (i32.const 5)) (i32.const 2)))
      (i32.const 0))
    (if (call $open (i32.add (local.get $count) (i32.const 5)) (local.get $argv))
      (then (call $proc_exit (i32.const 1))))
    (if (call $loop (call $context))
      (then (call $proc_exit (i32.const 1))))
    ;; Leaving through JavaScript flushes what the script wrote through std.out.
    (memory.init $closing (local.get $text) (i32.const 0) (i32.const 18))
    (drop (call $eval (call $context) (local.get $text) (i32.const 11)
      (i32.add (local.get $text) (i32.const 12)) (i32.const 0)))
    (call $proc_exit (i32.const 1))))
