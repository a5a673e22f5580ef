  ;; Part of starters, not a module: numbered words out of the data segment $words, which is
  ;; $words_size bytes long and ends each with a zero.
  (global $text_start (mut i32) (i32.const 0))
  ;; The words of that number, in memory.
  (func $text (param $index i32) (result i32) (local $at i32)
    (if (i32.eqz (global.get $text_start))
      (then
        (global.set $text_start (call $malloc (global.get $words_size)))
        (memory.init $words (global.get $text_start) (i32.const 0) (global.get $words_size))))
    (local.set $at (global.get $text_start))
    (loop $next
      (if (local.get $index)
        (then
          (local.set $at (i32.add (i32.add (local.get $at) (call $length (local.get $at)))
            (i32.const 1)))
          (local.set $index (i32.sub (local.get $index) (i32.const 1)))
          (br $next))))
    (local.get $at))
