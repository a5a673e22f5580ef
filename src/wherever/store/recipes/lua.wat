;; Starts Lua, which was built as a library for JavaScript hosts, as the command `lua`:
;;   lua [-v] [-e CODE] [-l LIBRARY] [FILE | -] [ARGUMENTS]
(module
  (import "guest" "memory" (memory 0))
  (import "guest" "__indirect_function_table" (table $functions 198 funcref))
  (import "guest" "emscripten_stack_init" (func $stack_init))
  (import "guest" "__wasm_call_ctors" (func $construct))
  (import "guest" "stackSave" (func $stack_save (result i32)))
  (import "guest" "stackRestore" (func $stack_restore (param i32)))
  (import "guest" "setThrew" (func $set_threw (param i32 i32)))
  (import "guest" "malloc" (func $malloc (param i32) (result i32)))
  (import "guest" "fflush" (func $fflush (param i32) (result i32)))
  (import "guest" "luaL_newstate" (func $new_state (result i32)))
  (import "guest" "luaL_openlibs" (func $open_libraries (param i32)))
  (import "guest" "lua_createtable" (func $create_table (param i32 i32 i32)))
  (import "guest" "lua_pushstring" (func $push_string (param i32 i32) (result i32)))
  (import "guest" "lua_rawseti" (func $raw_set (param i32 i32 i64)))
  (import "guest" "lua_setglobal" (func $set_global (param i32 i32)))
  (import "guest" "luaL_loadbufferx"
    (func $load (param i32 i32 i32 i32 i32) (result i32)))
  (import "guest" "lua_pcallk"
    (func $protected_call (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "provide" "slots" (table $slots 21 funcref))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $path_unlink_file (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory"
    (func $path_remove_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename"
    (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (include "files.wat")
  (export "memory" (memory 0))

  ;; In the order of the slots.
  (elem (table $slots) (i32.const 0) func
    $abort $guarded $format_time $system $exit $now $is_monotonic $open_at $control $refuse3
    $refuse3 $make_time $split_time $split_time $unlink $remove $rename $refuse4 $no_zone $grow
    $jump)

  ;; Lua leaves a failed call by a jump. Here it is an exception, caught where the call began.
  (tag $jumped)
  (func $jump (throw $jumped))
  (func $guarded (param $function i32) (param $a i32) (param $b i32) (local $stack i32)
    (local.set $stack (call $stack_save))
    (block $caught
      (try_table (catch $jumped $caught)
        (call_indirect $functions (param i32 i32)
          (local.get $a) (local.get $b) (local.get $function))
        (return)))
    (call $stack_restore (local.get $stack))
    (call $set_threw (i32.const 1) (i32.const 0)))
  (func $abort (unreachable))
  (func $system (param i32) (result i32) (i32.const 0))
  (func $exit (param $code i32)
    (drop (call $fflush (i32.const 0)))
    (call $proc_exit (i32.and (local.get $code) (i32.const 0xff))))
  (func $now (result f64)
    (drop (call $clock_time_get (i32.const 0) (i64.const 1000000) (global.get $scratch)))
    (f64.div (f64.convert_i64_u (i64.load (global.get $scratch))) (f64.const 1000000)))
  (func $is_monotonic (result i32) (i32.const 1))
  (func $control (param i32 i32 i32) (result i32) (i32.const -59))
  (func $refuse3 (param i32 i32 i32) (result i32) (i32.const -52))
  (func $refuse4 (param i32 i32 i32 i32) (result i32) (i32.const -52))
  (func $no_zone (param $zone i32) (param $daylight i32) (param $names i32)
    (i32.store (local.get $zone) (i32.const 0))
    (i32.store (local.get $daylight) (i32.const 0)))
  (func $grow (param $size i32) (result i32)
    (i32.ne (i32.const -1)
      (memory.grow (i32.sub
        (i32.shr_u (i32.add (local.get $size) (i32.const 65535)) (i32.const 16))
        (memory.size)))))

  ;; Lua's C library asks with Linux's flags, and wants WASI's error numbers, negative.
  (func $open_at (param $folder i32) (param $path i32) (param $flags i32) (param $more i32)
    (result i32)
    (local $access i32) (local $how i32) (local $rights i64) (local $fd i32)
    (local.set $access (i32.and (local.get $flags) (i32.const 3)))
    (local.set $rights
      (i64.or
        (i64.const 0x200024)
        (i64.or
          (select (i64.const 0) (i64.const 0x02) (i32.eq (local.get $access) (i32.const 1)))
          (select (i64.const 0x40) (i64.const 0) (local.get $access)))))
    (local.set $how
      (i32.or
        (i32.shr_u (i32.and (local.get $flags) (i32.const 0x40)) (i32.const 6))
        (i32.or
          (i32.shr_u (i32.and (local.get $flags) (i32.const 0x80)) (i32.const 5))
          (i32.shr_u (i32.and (local.get $flags) (i32.const 0x200)) (i32.const 6)))))
    (local.set $fd (call $open (local.get $path) (local.get $how) (local.get $rights)
      (i32.shr_u (i32.and (local.get $flags) (i32.const 0x400)) (i32.const 10))))
    (select (i32.const -44) (local.get $fd) (i32.eq (local.get $fd) (i32.const -1))))
  (func $unlink (param $folder i32) (param $path i32) (param $flags i32) (result i32)
    (call $find_folder (local.get $path))
    (local.set $path)
    (local.set $folder)
    (if (i32.eq (local.get $folder) (i32.const -1)) (then (return (i32.const -44))))
    (if (i32.and (local.get $flags) (i32.const 0x200))
      (then (return (i32.sub (i32.const 0) (call $path_remove_directory
        (local.get $folder) (local.get $path) (call $length (local.get $path)))))))
    (i32.sub (i32.const 0) (call $path_unlink_file
      (local.get $folder) (local.get $path) (call $length (local.get $path)))))
  (func $remove (param $path i32) (result i32)
    (call $unlink (i32.const 0) (local.get $path) (i32.const 0x200)))
  (func $rename (param $from i32) (param $old i32) (param $to i32) (param $new i32) (result i32)
    (call $find_folder (local.get $old))
    (local.set $old)
    (local.set $from)
    (call $find_folder (local.get $new))
    (local.set $new)
    (local.set $to)
    (if (i32.or (i32.eq (local.get $from) (i32.const -1)) (i32.eq (local.get $to) (i32.const -1)))
      (then (return (i32.const -44))))
    (i32.sub (i32.const 0) (call $path_rename
      (local.get $from) (local.get $old) (call $length (local.get $old))
      (local.get $to) (local.get $new) (call $length (local.get $new)))))

  ;; The zone is UTC. A year begins in March here, so that the leap day is its last.
  (func $days (param $year i64) (param $month i64) (param $day i64) (result i64)
    (local $era i64) (local $of_era i64)
    (if (i64.le_s (local.get $month) (i64.const 2))
      (then
        (local.set $year (i64.sub (local.get $year) (i64.const 1)))
        (local.set $month (i64.add (local.get $month) (i64.const 12)))))
    (local.set $era (call $floor (local.get $year) (i64.const 400)))
    (local.set $of_era
      (i64.sub (local.get $year) (i64.mul (local.get $era) (i64.const 400))))
    (i64.add
      (i64.add (i64.mul (local.get $era) (i64.const 146097)) (i64.const -719469))
      (i64.add
        (i64.add (i64.mul (local.get $of_era) (i64.const 365))
          (i64.sub
            (i64.div_u (local.get $of_era) (i64.const 4))
            (i64.div_u (local.get $of_era) (i64.const 100))))
        (i64.add (local.get $day)
          (i64.div_u
            (i64.add
              (i64.mul (i64.const 153) (i64.sub (local.get $month) (i64.const 3)))
              (i64.const 2))
            (i64.const 5))))))
  (func $floor (param $a i64) (param $b i64) (result i64) (local $quotient i64)
    (local.set $quotient (i64.div_s (local.get $a) (local.get $b)))
    (i64.sub (local.get $quotient)
      (i64.extend_i32_u (i64.lt_s
        (i64.rem_s (local.get $a) (local.get $b)) (i64.const 0)))))
  (func $split_time (param $time i64) (param $tm i32)
    (local $day i64) (local $second i32) (local $year i64) (local $month i64)
    (local.set $day (call $floor (local.get $time) (i64.const 86400)))
    (local.set $second (i32.wrap_i64
      (i64.sub (local.get $time) (i64.mul (local.get $day) (i64.const 86400)))))
    (i32.store (local.get $tm) (i32.rem_u (local.get $second) (i32.const 60)))
    (i32.store offset=4 (local.get $tm)
      (i32.rem_u (i32.div_u (local.get $second) (i32.const 60)) (i32.const 60)))
    (i32.store offset=8 (local.get $tm) (i32.div_u (local.get $second) (i32.const 3600)))
    (i32.store offset=24 (local.get $tm) (i32.wrap_i64 (i64.sub
      (i64.add (local.get $day) (i64.const 4))
      (i64.mul (i64.const 7)
        (call $floor (i64.add (local.get $day) (i64.const 4)) (i64.const 7))))))
    ;; The year is guessed and then put right, and so is the month.
    (local.set $year (i64.add (i64.const 1970) (call $floor (local.get $day)
      (select (i64.const 365) (i64.const 366) (i64.lt_s (local.get $day) (i64.const 0))))))
    (loop $later
      (if (i64.le_s
            (call $days (i64.add (local.get $year) (i64.const 1)) (i64.const 1) (i64.const 1))
            (local.get $day))
        (then
          (local.set $year (i64.add (local.get $year) (i64.const 1)))
          (br $later))))
    (local.set $month (i64.const 1))
    (block $found
      (loop $later
        (br_if $found (i64.eq (local.get $month) (i64.const 12)))
        (br_if $found (i64.gt_s
          (call $days (local.get $year) (i64.add (local.get $month) (i64.const 1)) (i64.const 1))
          (local.get $day)))
        (local.set $month (i64.add (local.get $month) (i64.const 1)))
        (br $later)))
    (i32.store offset=12 (local.get $tm) (i32.wrap_i64 (i64.add (i64.const 1) (i64.sub
      (local.get $day) (call $days (local.get $year) (local.get $month) (i64.const 1))))))
    (i32.store offset=16 (local.get $tm)
      (i32.wrap_i64 (i64.sub (local.get $month) (i64.const 1))))
    (i32.store offset=20 (local.get $tm)
      (i32.wrap_i64 (i64.sub (local.get $year) (i64.const 1900))))
    (i32.store offset=28 (local.get $tm) (i32.wrap_i64 (i64.sub
      (local.get $day) (call $days (local.get $year) (i64.const 1) (i64.const 1)))))
    (i64.store offset=32 align=4 (local.get $tm) (i64.const 0)))
  (func $make_time (param $tm i32) (result i64) (local $month i64) (local $time i64)
    (local.set $month (i64.load32_s offset=16 (local.get $tm)))
    (local.set $time
      (i64.add
        (i64.mul (i64.const 86400) (call $days
          (i64.add
            (i64.add (i64.load32_s offset=20 (local.get $tm)) (i64.const 1900))
            (call $floor (local.get $month) (i64.const 12)))
          (i64.add (i64.const 1) (i64.sub (local.get $month) (i64.mul (i64.const 12)
            (call $floor (local.get $month) (i64.const 12)))))
          (i64.load32_s offset=12 (local.get $tm))))
        (i64.add
          (i64.mul (i64.load32_s offset=8 (local.get $tm)) (i64.const 3600))
          (i64.add
            (i64.mul (i64.load32_s offset=4 (local.get $tm)) (i64.const 60))
            (i64.load32_s (local.get $tm))))))
    (call $split_time (local.get $time) (local.get $tm))
    (local.get $time))

  ;; Numbers only: %Y %m %d %H %M %S %y %j %w, and %c %x %X %D %F %T made of them.
  (func $format_time (param $to i32) (param $room i32) (param $format i32) (param $tm i32)
    (result i32)
    (local $end i32) (local $letter i32)
    (local.set $end (local.get $to))
    (loop $next
      (local.set $letter (i32.load8_u (local.get $format)))
      (local.set $format (i32.add (local.get $format) (i32.const 1)))
      (if (i32.gt_u (i32.add (i32.sub (local.get $end) (local.get $to)) (i32.const 24))
            (local.get $room))
        (then (return (i32.const 0))))
      (if (i32.eq (local.get $letter) (i32.const 37))
        (then
          (local.set $letter (i32.load8_u (local.get $format)))
          (local.set $format (i32.add (local.get $format) (i32.const 1)))
          (local.set $end (call $put_field (local.get $end) (local.get $letter) (local.get $tm)))
          (br $next)))
      (i32.store8 (local.get $end) (local.get $letter))
      (if (local.get $letter)
        (then
          (local.set $end (i32.add (local.get $end) (i32.const 1)))
          (br $next))))
    (i32.sub (local.get $end) (local.get $to)))
  (func $put_field (param $to i32) (param $letter i32) (param $tm i32) (result i32)
    (if (i32.eq (local.get $letter) (i32.const 89)) ;; Y
      (then (return (call $put (local.get $to) (i32.const 4)
        (i32.add (i32.load offset=20 (local.get $tm)) (i32.const 1900))))))
    (if (i32.eq (local.get $letter) (i32.const 121)) ;; y
      (then (return (call $put (local.get $to) (i32.const 2)
        (i32.rem_u (i32.load offset=20 (local.get $tm)) (i32.const 100))))))
    (if (i32.eq (local.get $letter) (i32.const 109)) ;; m
      (then (return (call $put (local.get $to) (i32.const 2)
        (i32.add (i32.load offset=16 (local.get $tm)) (i32.const 1))))))
    (if (i32.eq (local.get $letter) (i32.const 100)) ;; d
      (then (return (call $put (local.get $to) (i32.const 2)
        (i32.load offset=12 (local.get $tm))))))
    (if (i32.eq (local.get $letter) (i32.const 72)) ;; H
      (then (return (call $put (local.get $to) (i32.const 2)
        (i32.load offset=8 (local.get $tm))))))
    (if (i32.eq (local.get $letter) (i32.const 77)) ;; M
      (then (return (call $put (local.get $to) (i32.const 2)
        (i32.load offset=4 (local.get $tm))))))
    (if (i32.eq (local.get $letter) (i32.const 83)) ;; S
      (then (return (call $put (local.get $to) (i32.const 2) (i32.load (local.get $tm))))))
    (if (i32.eq (local.get $letter) (i32.const 106)) ;; j
      (then (return (call $put (local.get $to) (i32.const 3)
        (i32.add (i32.load offset=28 (local.get $tm)) (i32.const 1))))))
    (if (i32.eq (local.get $letter) (i32.const 119)) ;; w
      (then (return (call $put (local.get $to) (i32.const 1)
        (i32.load offset=24 (local.get $tm))))))
    (if (i32.or (i32.eq (local.get $letter) (i32.const 88)) (i32.eq (local.get $letter)
          (i32.const 84))) ;; X T
      (then
        (local.set $to (call $put_field (local.get $to) (i32.const 72) (local.get $tm)))
        (i32.store8 (local.get $to) (i32.const 58))
        (local.set $to (call $put_field
          (i32.add (local.get $to) (i32.const 1)) (i32.const 77) (local.get $tm)))
        (i32.store8 (local.get $to) (i32.const 58))
        (return (call $put_field
          (i32.add (local.get $to) (i32.const 1)) (i32.const 83) (local.get $tm)))))
    (if (i32.or (i32.eq (local.get $letter) (i32.const 120)) (i32.eq (local.get $letter)
          (i32.const 70))) ;; x F
      (then
        (local.set $to (call $put_field (local.get $to) (i32.const 89) (local.get $tm)))
        (i32.store8 (local.get $to) (i32.const 45))
        (local.set $to (call $put_field
          (i32.add (local.get $to) (i32.const 1)) (i32.const 109) (local.get $tm)))
        (i32.store8 (local.get $to) (i32.const 45))
        (return (call $put_field
          (i32.add (local.get $to) (i32.const 1)) (i32.const 100) (local.get $tm)))))
    (if (i32.eq (local.get $letter) (i32.const 99)) ;; c
      (then
        (local.set $to (call $put_field (local.get $to) (i32.const 70) (local.get $tm)))
        (i32.store8 (local.get $to) (i32.const 32))
        (return (call $put_field
          (i32.add (local.get $to) (i32.const 1)) (i32.const 84) (local.get $tm)))))
    (i32.store8 (local.get $to) (local.get $letter))
    (i32.add (local.get $to) (i32.const 1)))
  (func $put (param $to i32) (param $digits i32) (param $number i32) (result i32)
    (local $at i32)
    (local.set $at (i32.add (local.get $to) (local.get $digits)))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $next (i32.gt_u (local.get $at) (local.get $to))))
    (i32.add (local.get $to) (local.get $digits)))

  (data $names "arg\00=lua\00")
  (data $opening
    "local words, at, code, shown = arg, 1, nil, false\n"
    "local function leave(message)\n"
    "  io.stdout:flush()\n"
    "  io.stderr:write('lua: ', message, '\\n')\n"
    "  os.exit(1)\n"
    "end\n"
    "while words[at] and words[at]:match('^%-.') do\n"
    "  local option = words[at]\n"
    "  at = at + 1\n"
    "  if option == '--' then break\n"
    "  elseif option == '-v' then print(_VERSION) shown = true\n"
    "  elseif option == '-e' or option == '-l' then\n"
    "    local value = words[at] or leave(option .. ' needs an argument')\n"
    "    at = at + 1\n"
    "    if option == '-l' then value = ('%s = require %q'):format(value, value) end\n"
    "    code = (code and code .. '\\n' or '') .. value\n"
    "  else leave('unknown option ' .. option) end\n"
    "end\n"
    "local script = words[at]\n"
    "arg = { [0] = script }\n"
    "for n = at + 1, #words do arg[n - at] = words[n] end\n"
    "local function explain(why)\n"
    "  if type(why) ~= 'string' then return tostring(why) end\n"
    "  return (debug.traceback(why, 2):gsub(\"\\n\\t%[C%]: in function 'xpcall'.*\", ''))\n"
    "end\n"
    "local function run(chunk, message)\n"
    "  if not chunk then leave(message) end\n"
    "  local done, why = xpcall(chunk, explain, table.unpack(arg))\n"
    "  if not done then leave(why) end\n"
    "end\n"
    "if code then run(load(code, '=(command line)')) end\n"
    "if script and script ~= '-' then run(loadfile(script))\n"
    "elseif script or not (code or shown) then run(load(io.read('a'), '=stdin')) end\n"
    "os.exit(0)\n")

  (func (export "_start") (local $lua i32) (local $names i32) (local $text i32) (local $n i32)
    (call $stack_init)
    (call $construct)
    (call $load_arguments)
    (local.set $lua (call $new_state))
    (call $open_libraries (local.get $lua))
    (local.set $names (call $malloc (i32.const 16)))
    (memory.init $names (local.get $names) (i32.const 0) (i32.const 9))
    (call $create_table (local.get $lua) (global.get $argc) (i32.const 1))
    (loop $next
      (drop (call $push_string (local.get $lua) (call $argument (local.get $n))))
      (call $raw_set (local.get $lua) (i32.const -2) (i64.extend_i32_u (local.get $n)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $n) (global.get $argc))))
    (call $set_global (local.get $lua) (local.get $names))
    (local.set $text (call $malloc (i32.const 1291)))
    (memory.init $opening (local.get $text) (i32.const 0) (i32.const 1291))
    (if (i32.eqz (call $load (local.get $lua) (local.get $text) (i32.const 1291)
          (i32.add (local.get $names) (i32.const 4)) (i32.const 0)))
      (then (drop (call $protected_call (local.get $lua)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))))
    ;; Only a fault in the opening script itself leads here.
    (call $exit (i32.const 70))))
