;; Mean and deviation of numbers that the host puts into memory.
(module $stats
  (import "env" "progress" (func $progress (param $done i32) (param $of i32)))
  (memory (export "memory") 1)

  ;; Where the host may write so many bytes; the memory grows as needed.
  (func (export "room") (param $bytes i32) (result i32) (local $pages i32)
    (local.set $pages
      (i32.sub
        (i32.shr_u (i32.add (local.get $bytes) (i32.const 66559)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $pages) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable))))
    (i32.const 1024))

  (func (export "describe") (param $at i32) (param $count i32)
    (result f64 f64)
    (local $n i32) (local $x f64) (local $mean f64) (local $m2 f64) (local $delta f64)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $n) (local.get $count)))
        (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 25000)))
          (then (call $progress (local.get $n) (local.get $count))))
        (local.set $x
          (f64.load (i32.add (local.get $at) (i32.shl (local.get $n) (i32.const 3)))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set $delta (f64.sub (local.get $x) (local.get $mean)))
        (local.set $mean
          (f64.add (local.get $mean)
            (f64.div (local.get $delta) (f64.convert_i32_u (local.get $n)))))
        (local.set $m2
          (f64.add (local.get $m2)
            (f64.mul (local.get $delta) (f64.sub (local.get $x) (local.get $mean)))))
        (br $next)))
    (local.get $mean)
    (f64.sqrt (f64.div (local.get $m2) (f64.convert_i32_u (local.get $count)))))

  (func (export "ratio") (param $part i32) (param $whole i32) (result i32)
    (i32.div_s (i32.mul (local.get $part) (i32.const 100)) (local.get $whole))))
