;; What each guest does, behind a line with its name. The words are explained in preview1.wat.

;;; healthy: says so
(func $run (if (call $write (i32.const 64) (i32.const 8)) (then (unreachable))))

;;; loops: for ever
(func $run (loop (br 0)))

;;; sleeps: for an hour
(func $run (call $sleep (i64.const 3600000000000)))

;;; waits: on an atomic that nobody wakes
(memory $shared 1 1 shared)
(func $run
  (drop (memory.atomic.wait32 $shared (i32.const 0) (i32.const 0) (i64.const -1))))

;;; reads: until its stdin ends
(func $run
  (local $n i32)
  (loop $more
    (local.set $n (call $read))
    (br_if $more (i32.gt_s (local.get $n) (i32.const 0)))))

;;; fifo: opens one that nobody writes to
(func $run (drop (call $open (i32.const 80) (i32.const 4))))

;;; memory: grows its memory until that fails, and gives up
(func $run
  (loop $more
    (br_if $more (i32.ne (memory.grow $memory (i32.const 16)) (i32.const -1))))
  (unreachable))

;;; memories: grows eight memories until each fails, and gives up
(memory $a 1) (memory $b 1) (memory $c 1) (memory $d 1)
(memory $e 1) (memory $f 1) (memory $g 1)
(func $run
  (loop $more (br_if $more (i32.ne (memory.grow $a (i32.const 16)) (i32.const -1))))
  (loop $more (br_if $more (i32.ne (memory.grow $b (i32.const 16)) (i32.const -1))))
  (loop $more (br_if $more (i32.ne (memory.grow $c (i32.const 16)) (i32.const -1))))
  (loop $more (br_if $more (i32.ne (memory.grow $d (i32.const 16)) (i32.const -1))))
  (loop $more (br_if $more (i32.ne (memory.grow $e (i32.const 16)) (i32.const -1))))
  (loop $more (br_if $more (i32.ne (memory.grow $f (i32.const 16)) (i32.const -1))))
  (loop $more (br_if $more (i32.ne (memory.grow $g (i32.const 16)) (i32.const -1))))
  (loop $more (br_if $more (i32.ne (memory.grow $memory (i32.const 16)) (i32.const -1))))
  (unreachable))

;;; hidden: grows a memory that it does not export, and gives up
(memory $hidden 1)
(func $run
  (loop $more (br_if $more (i32.ne (memory.grow $hidden (i32.const 16)) (i32.const -1))))
  (unreachable))

;;; tables: grows a table until that fails, and gives up
(table $t 1 funcref)
(func $run
  (loop $more
    (br_if $more
      (i32.ne (table.grow $t (ref.null func) (i32.const 4096)) (i32.const -1))))
  (unreachable))

;;; objects: keeps making them
(type $node (struct (field (ref null $node)) (field i64)))
(func $run (local $all (ref null $node))
  (loop $more
    (local.set $all (struct.new $node (local.get $all) (i64.const 1)))
    (br $more)))

;;; floods: its stdout, 4 KiB at a time
(func $run (loop $more (drop (call $write (i32.const 65536) (i32.const 4096))) (br $more)))

;;; recurses: without end
(func $run (call $run) (call $run))

;;; opens: the same file again and again, and keeps them all
(func $run (loop $more (drop (call $open (i32.const 96) (i32.const 4))) (br $more)))

;;; fills: a file with one GiB, then says so
(func $run (local $file i32) (local $at i64)
  (local.set $file (call $make (i32.const 96) (i32.const 4)))
  (loop $more
    (if (call $append (local.get $file) (local.get $at)) (then (unreachable)))
    (local.set $at (i64.add (local.get $at) (i64.const 65536)))
    (br_if $more (i64.lt_u (local.get $at) (i64.const 0x40000000))))
  (drop (call $write (i32.const 64) (i32.const 8))))

;;; scatters: a megabyte into each of a thousand files, then says so
(func $run (local $file i32) (local $at i64) (local $n i32)
  (loop $next
    (i32.store (i32.const 96) (i32.add (i32.const 0x61616161)
      (i32.add (i32.and (local.get $n) (i32.const 15))
        (i32.shl (i32.shr_u (local.get $n) (i32.const 4)) (i32.const 8)))))
    (local.set $file (call $make (i32.const 96) (i32.const 4)))
    (local.set $at (i64.const 0))
    (loop $more
      (if (call $append (local.get $file) (local.get $at)) (then (unreachable)))
      (local.set $at (i64.add (local.get $at) (i64.const 65536)))
      (br_if $more (i64.lt_u (local.get $at) (i64.const 0x100000))))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $n) (i32.const 1000))))
  (drop (call $write (i32.const 64) (i32.const 8))))

;;; starts: with a start function that never ends
(func $for_ever (loop (br 0)))
(start $for_ever)
(func $run)

;;; pollables: asks for more and more sleeps, and keeps them all (a component)
(func $run (loop $more (drop (call $subscribe (i64.const 3600000000000))) (br $more)))

;;; races: opens what is only there when somebody swaps a folder for a link at the right moment
(data $secret "swap/secret")
(func $run (local $n i32)
  (memory.init $secret (i32.const 128) (i32.const 0) (i32.const 11))
  (loop $more
    (if (i32.ne (call $open (i32.const 128) (i32.const 11)) (i32.const -1)) (then (unreachable)))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $more (i32.lt_u (local.get $n) (i32.const 8000))))
  (drop (call $write (i32.const 64) (i32.const 8))))
