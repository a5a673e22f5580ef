;; Starts Ruby, which was built as a library for JavaScript hosts, as the command `ruby`:
;;   ruby [-v] [-w] [-r LIBRARY] [-I FOLDER] [-e CODE | FILE | -] [ARGUMENTS]
(module
  (import "guest" "memory" (memory 0))
  (import "guest" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "guest" "ruby-init: func(args: list<string>) -> ()" (func $init (param i32 i32)))
  (import "guest"
    "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>"
    (func $eval (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (export "memory" (memory 0))

  (data $options "ruby\00-EUTF-8\00-e_=0\00--\00")
  (data $opening
    "code, libraries = [], []\n"
    "while ARGV[0]&.match?(/\\A-[a-zA-Z-]/)\n"
    "  case option = ARGV.shift\n"
    "  when '-e' then code << ARGV.shift.to_s\n"
    "  when '-v', '--version' then puts RUBY_DESCRIPTION; $stdout.flush; exit! 0 if ARGV.empty?\n"
    "  when '-w' then $VERBOSE = true\n"
    "  when '-r' then libraries << ARGV.shift.to_s\n"
    "  when /\\A-r(.+)/ then libraries << $1\n"
    "  when '-I' then $LOAD_PATH.unshift ARGV.shift.to_s\n"
    "  when '--' then break\n"
    "  else warn \"ruby: unknown option #{option}\"; exit! 2\n"
    "  end\n"
    "end\n"
    "at_end = []\n"
    "Kernel.define_method(:at_exit) { |&block| at_end << block; block }\n"
    "Kernel.singleton_class.define_method(:at_exit) { |&block| at_end << block; block }\n"
    "status = 0\n"
    "guarded = ->(&block) do\n"
    "  block.call\n"
    "rescue SystemExit => error\n"
    "  status = error.status\n"
    "rescue Exception => error\n"
    "  $stdout.flush\n"
    "  ours = error.backtrace&.reject { |line| line.match?(/\\A(eval:\\d+:|.*'Kernel.eval'\\z)/) }\n"
    "  error.set_backtrace(ours.empty? ? [$0] : ours) if ours\n"
    "  $stderr.write error.full_message(highlight: false)\n"
    "  status = 1\n"
    "end\n"
    "guarded.() do\n"
    "  libraries.each { |library| require library }\n"
    "  if code.any?\n"
    "    $0 = '-e'\n"
    "    eval code.join(\"\\n\"), TOPLEVEL_BINDING, '-e', 1\n"
    "  elsif ARGV.empty? || ARGV[0] == '-'\n"
    "    $0 = ARGV.shift || '-'\n"
    "    eval $stdin.read, TOPLEVEL_BINDING, '-', 1\n"
    "  else\n"
    "    $0 = ARGV.shift\n"
    "    load $0\n"
    "  end\n"
    "end\n"
    "while (block = at_end.pop)\n"
    "  guarded.(&block)\n"
    "end\n"
    "guarded.() { $stdout.flush }\n"
    "exit! status\n")

  (func $malloc (param $size i32) (result i32)
    (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get $size)))
  (func $length (param $text i32) (result i32) (local $end i32)
    (local.set $end (local.get $text))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $text)))

  (func (export "_start")
    (local $scratch i32) (local $argc i32) (local $argv i32) (local $list i32)
    (local $index i32) (local $word i32) (local $at i32) (local $opening i32)
    (local.set $scratch (call $malloc (i32.const 64)))
    (drop (call $args_sizes_get
      (local.get $scratch) (i32.add (local.get $scratch) (i32.const 4))))
    (local.set $argc (i32.load (local.get $scratch)))
    (local.set $argv (call $malloc
      (i32.shl (i32.add (local.get $argc) (i32.const 1)) (i32.const 2))))
    (drop (call $args_get (local.get $argv) (call $malloc
      (i32.add (i32.load offset=4 (local.get $scratch)) (i32.const 1)))))
    ;; Ruby takes (start, size) pairs; the zero at the end of a word counts.
    (local.set $list (call $malloc
      (i32.shl (i32.add (local.get $argc) (i32.const 4)) (i32.const 3))))
    (memory.init $options (local.get $scratch) (i32.const 0) (i32.const 22))
    (local.set $at (local.get $list))
    (local.set $word (local.get $scratch))
    (loop $next
      (i32.store (local.get $at) (local.get $word))
      (i32.store offset=4 (local.get $at)
        (i32.add (call $length (local.get $word)) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (if (i32.lt_u (local.get $index) (i32.const 4))
        (then
          (local.set $word (i32.add (i32.add (local.get $word)
            (call $length (local.get $word))) (i32.const 1)))
          (br $next)))
      ;; The guest's first argument is the name it was called by: it is left out.
      (if (i32.lt_u (i32.sub (local.get $index) (i32.const 3)) (local.get $argc))
        (then
          (local.set $word (i32.load (i32.add (local.get $argv)
            (i32.shl (i32.sub (local.get $index) (i32.const 3)) (i32.const 2)))))
          (br $next))))
    (call $init (local.get $list) (local.get $index))
    (local.set $opening (call $malloc (i32.const 1395)))
    (memory.init $opening (local.get $opening) (i32.const 0) (i32.const 1395))
    (drop (call $eval (local.get $opening) (i32.const 1395)))
    ;; Only a fault in the opening script itself leads here.
    (call $proc_exit (i32.const 70))))
