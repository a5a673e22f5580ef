;; Starts resvg, which was built as a library for browsers, as the command `resvg`:
;;   resvg [-w N] [-h N] [-z N] [--background COLOUR] [--use-font-file FILE]... IN.svg OUT.png
;;
;; What resvg takes for JavaScript values are addresses of (start, size) pairs in its memory.
(module
  (import "guest" "memory" (memory 0))
  (import "guest" "__wbindgen_malloc" (func $allocate (param i32 i32) (result i32)))
  (import "guest" "resvg_new" (func $resvg_new (param i32 i32 i32 i32 i32)))
  (import "guest" "resvg_render" (func $resvg_render (param i32 i32)))
  (import "guest" "renderedimage_asPng" (func $as_png (param i32 i32)))
  (import "provide" "slots" (table $slots 18 funcref))
  (include "files.wat")
  (include "words.wat")
  (export "memory" (memory 0))
  (func $malloc (param $size i32) (result i32)
    (call $allocate (local.get $size) (i32.const 8)))

  ;; In the order of the slots.
  (elem (table $slots) (i32.const 0) func
    $copied $memory_value $same_value $view $forget $bytes_of $iterate $next $is_done $value
    $is_bytes $string_get $new_array $copied $push $size_of $set $throw)
  (func $pair (param $start i32) (param $size i32) (result i32) (local $pair i32)
    (local.set $pair (call $malloc (i32.const 16)))
    (i32.store (local.get $pair) (local.get $start))
    (i32.store offset=4 (local.get $pair) (local.get $size))
    (local.get $pair))
  (func $copied (param $start i32) (param $size i32) (result i32) (local $copy i32)
    (local.set $copy (call $malloc (i32.add (local.get $size) (i32.const 1))))
    (memory.copy (local.get $copy) (local.get $start) (local.get $size))
    (i32.store8 (i32.add (local.get $copy) (local.get $size)) (i32.const 0))
    (call $pair (local.get $copy) (local.get $size)))
  ;; The whole memory is the value 4, which no allocation can be.
  (func $memory_value (result i32) (i32.const 4))
  (func $same_value (param $value i32) (result i32) (local.get $value))
  (func $view (param $value i32) (param $start i32) (param $size i32) (result i32)
    (call $pair (local.get $start) (local.get $size)))
  (func $forget (param i32))
  (func $bytes_of (param $value i32) (result i32)
    (if (i32.eq (local.get $value) (i32.const 4))
      (then (return (call $pair (i32.const 0) (i32.const -1)))))
    (call $copied (i32.load (local.get $value)) (i32.load offset=4 (local.get $value))))
  ;; An array is a (start, count) pair over values; its iterator walks along it.
  (func $iterate (param $array i32) (result i32)
    (call $pair (i32.load (local.get $array)) (i32.load offset=4 (local.get $array))))
  (func $next (param $iterator i32) (result i32) (local $step i32)
    (local.set $step (call $pair (i32.const 0) (i32.const 1)))
    (if (i32.load offset=4 (local.get $iterator))
      (then
        (i32.store (local.get $step) (i32.load (i32.load (local.get $iterator))))
        (i32.store offset=4 (local.get $step) (i32.const 0))
        (i32.store (local.get $iterator)
          (i32.add (i32.load (local.get $iterator)) (i32.const 4)))
        (i32.store offset=4 (local.get $iterator)
          (i32.sub (i32.load offset=4 (local.get $iterator)) (i32.const 1)))))
    (local.get $step))
  (func $is_done (param $step i32) (result i32) (i32.load offset=4 (local.get $step)))
  (func $value (param $step i32) (result i32) (i32.load (local.get $step)))
  (func $is_bytes (param i32) (result i32) (i32.const 1))
  (func $string_get (param $result i32) (param $value i32) (local $copy i32)
    (local.set $copy
      (call $copied (i32.load (local.get $value)) (i32.load offset=4 (local.get $value))))
    (i32.store (local.get $result) (i32.load (local.get $copy)))
    (i32.store offset=4 (local.get $result) (i32.load offset=4 (local.get $copy))))
  (func $new_array (result i32) (call $pair (i32.const 0) (i32.const 0)))
  (func $push (param i32 i32) (result i32) (i32.const 1))
  (func $size_of (param $value i32) (result i32) (i32.load offset=4 (local.get $value)))
  (func $set (param $to i32) (param $from i32) (param $offset i32)
    (memory.copy (i32.add (i32.load (local.get $to)) (local.get $offset))
      (i32.load (local.get $from)) (i32.load offset=4 (local.get $from))))
  (func $throw (param $start i32) (param $size i32)
    (call $fail (call $text (i32.const 0)) (i32.load (call $copied (local.get $start)
      (local.get $size)))))

  (data $words
    "resvg: \00"
    "usage: resvg [-w N] [-h N] [-z N] [--background COLOUR] [--use-font-file FILE]... "
    "IN.svg OUT.png\00"
    "cannot open \00" "cannot write \00"
    "/usr/share/fonts/dejavu/DejaVuSans.ttf\00"
    "{\"font\":{\"defaultFontFamily\":\"DejaVu Sans\",\"serifFamily\":\"DejaVu Sans\","
    "\"sansSerifFamily\":\"DejaVu Sans\",\"cursiveFamily\":\"DejaVu Sans\","
    "\"fantasyFamily\":\"DejaVu Sans\",\"monospaceFamily\":\"DejaVu Sans\"}\00"
    ",\"fitTo\":{\"mode\":\"width\",\"value\":\00"
    ",\"fitTo\":{\"mode\":\"height\",\"value\":\00"
    ",\"fitTo\":{\"mode\":\"zoom\",\"value\":\00"
    ",\"background\":\"\00"
    "\"\00" "}\00" "not a number: \00" "not a colour: \00"
    "/usr/share/fonts/dejavu-bold/DejaVuSans-Bold.ttf\00")
  (global $words_size i32 (i32.const 568))

  (global $options (mut i32) (i32.const 0))
  (global $options_end (mut i32) (i32.const 0))
  (func $add (param $text i32) (local $size i32)
    (local.set $size (call $length (local.get $text)))
    (memory.copy (global.get $options_end) (local.get $text) (local.get $size))
    (global.set $options_end (i32.add (global.get $options_end) (local.get $size))))

  ;; Ends the run unless every character is a digit or a point, and there are few.
  (func $check_number (param $word i32) (local $at i32) (local $character i32)
    (local.set $at (local.get $word))
    (loop $next
      (local.set $character (i32.load8_u (local.get $at)))
      (if (i32.and
            (i32.ne (local.get $character) (i32.const 46))
            (i32.gt_u (i32.sub (local.get $character) (i32.const 48)) (i32.const 9)))
        (then
          (if (i32.or (local.get $character)
                (i32.eqz (i32.sub (local.get $at) (local.get $word))))
            (then (call $fail (call $text (i32.const 12)) (local.get $word))))
          (return)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.gt_u (i32.sub (local.get $at) (local.get $word)) (i32.const 12))
        (then (call $fail (call $text (i32.const 12)) (local.get $word))))
      (br $next)))
  ;; Ends the run if a colour holds a quote, a backslash, or far too much.
  (func $check_colour (param $word i32) (local $at i32) (local $character i32)
    (local.set $at (local.get $word))
    (loop $next
      (local.set $character (i32.load8_u (local.get $at)))
      (if (i32.or
            (i32.gt_u (i32.sub (local.get $at) (local.get $word)) (i32.const 80))
            (i32.or
              (i32.eq (local.get $character) (i32.const 34))
              (i32.eq (local.get $character) (i32.const 92))))
        (then (call $fail (call $text (i32.const 13)) (local.get $word))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (local.get $character))))

  (func $usage
    (call $fail (call $text (i32.const 1)) (i32.add (call $text (i32.const 10)) (i32.const 1))))

  ;; The result of a call that gives (value, error, failed); an error ends the run.
  (func $taken (param $result i32) (result i32)
    (if (i32.load offset=8 (local.get $result))
      (then (call $fail (call $text (i32.const 0))
        (i32.load (i32.load offset=4 (local.get $result))))))
    (i32.load (local.get $result)))

  (func (export "_start")
    (local $index i32) (local $word i32) (local $second i32) (local $value i32)
    (local $input i32) (local $output i32) (local $fonts i32) (local $count i32)
    (local $start i32) (local $size i32) (local $result i32) (local $fd i32) (local $png i32)
    (call $load_arguments)
    (local.set $fonts (call $malloc (i32.const 1024)))
    (local.set $result (call $malloc (i32.const 16)))
    (global.set $options (call $malloc (i32.const 2048)))
    (global.set $options_end (global.get $options))
    (call $add (call $text (i32.const 5)))
    (block $ready
      (loop $next
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (local.set $word (call $argument (local.get $index)))
        (br_if $ready (i32.eqz (local.get $word)))
        (if (i32.or
              (i32.ne (i32.load8_u (local.get $word)) (i32.const 45))
              (i32.eqz (i32.load8_u offset=1 (local.get $word))))
          (then
            (if (local.get $output) (then (call $usage)))
            (if (local.get $input)
              (then (local.set $output (local.get $word)))
              (else (local.set $input (local.get $word))))
            (br $next)))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (local.set $value (call $argument (local.get $index)))
        (if (i32.eqz (local.get $value)) (then (call $usage)))
        ;; The letter behind "-" or "--" decides: w, h, z, b or u.
        (local.set $second (i32.load8_u offset=1 (local.get $word)))
        (if (i32.eq (local.get $second) (i32.const 45))
          (then (local.set $second (i32.load8_u offset=2 (local.get $word)))))
        (if (i32.eq (local.get $second) (i32.const 117))
          (then
            (if (i32.gt_u (local.get $count) (i32.const 200)) (then (call $usage)))
            (call $read_file (local.get $value) (call $text (i32.const 2)))
            (local.set $size)
            (local.set $start)
            (i32.store (i32.add (local.get $fonts) (i32.shl (local.get $count) (i32.const 2)))
              (call $pair (local.get $start) (local.get $size)))
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (br $next)))
        (if (i32.eq (local.get $second) (i32.const 98))
          (then
            (call $check_colour (local.get $value))
            (call $add (call $text (i32.const 9)))
            (call $add (local.get $value))
            (call $add (call $text (i32.const 10)))
            (br $next)))
        (if (i32.eq (local.get $second) (i32.const 119))
          (then (call $add (call $text (i32.const 6))))
          (else (if (i32.eq (local.get $second) (i32.const 104))
            (then (call $add (call $text (i32.const 7))))
            (else (if (i32.eq (local.get $second) (i32.const 122))
              (then (call $add (call $text (i32.const 8))))
              (else (call $usage)))))))
        (call $check_number (local.get $value))
        (call $add (local.get $value))
        (call $add (call $text (i32.const 11)))
        (br $next)))
    (if (i32.eqz (local.get $output)) (then (call $usage)))
    (call $add (call $text (i32.const 11)))
    ;; The fonts that came with us, behind those that the user brought.
    (local.set $index (i32.const 0))
    (loop $next
      (local.set $fd (call $open
        (call $text (i32.add (i32.const 4) (i32.mul (local.get $index) (i32.const 10))))
        (i32.const 0) (i64.const 0x2) (i32.const 0)))
      (if (i32.ne (local.get $fd) (i32.const -1))
        (then
          (call $read_all (local.get $fd))
          (local.set $size)
          (local.set $start)
          (i32.store (i32.add (local.get $fonts) (i32.shl (local.get $count) (i32.const 2)))
            (call $pair (local.get $start) (local.get $size)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $next (i32.eq (local.get $index) (i32.const 1))))
    (call $read_file (local.get $input) (call $text (i32.const 2)))
    (local.set $size)
    (local.set $start)
    (call $resvg_new (local.get $result) (call $pair (local.get $start) (local.get $size))
      (global.get $options) (i32.sub (global.get $options_end) (global.get $options))
      (call $pair (local.get $fonts) (local.get $count)))
    (local.set $png (call $taken (local.get $result)))
    (call $resvg_render (local.get $result) (local.get $png))
    (local.set $png (call $taken (local.get $result)))
    (call $as_png (local.get $result) (local.get $png))
    (local.set $png (call $taken (local.get $result)))
    (call $write_file (local.get $output) (i32.load (local.get $png))
      (i32.load offset=4 (local.get $png)) (call $text (i32.const 3)))
    (call $proc_exit (i32.const 0))))
