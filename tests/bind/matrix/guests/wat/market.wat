;; A market by hand: a core module with the exports of the world, as the canonical ABI names and
;; shapes them. Memory is taken from the end of what is used, and never given back.
;;
;; An item lies in 16 bytes: name 0, its length 4, count 8, size 12 (1 where there is one) and 13,
;; service 14. A basket: owner 0, its length 4, items 8, how many 12. The result of a cost: 0 or 1,
;; and at 8 the cost or the trouble: which 8, name 12 and 16, reason 20 and 24.
(module
  (import "lab:market/host@1.0.0" "price" (func $price (param $name i32) (param $length i32) (param $back i32)))
  (import "[export]lab:market/market@1.0.0" "[resource-new]basket" (func $new (param $basket i32) (result i32)))
  (import "[export]lab:market/market@1.0.0" "[resource-rep]basket" (func $basket (param $handle i32) (result i32)))
  (import "[export]lab:market/market@1.0.0" "[resource-drop]basket" (func $drop (param $handle i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "hello, ")
  (data (i32.const 24) "nobody")
  (data (i32.const 32) "!")
  (data (i32.const 40) "\"")
  (data (i32.const 48) "\" is no number")
  (data (i32.const 64) " and ")
  (data (i32.const 72) " has ")
  (global $spare i32 (i32.const 80)) ;; an item on its way to another place
  (global $top (mut i32) (i32.const 128))
  (global $gone (mut i32) (i32.const 0))

  (func $take (param $size i32) (result i32)
    (local $at i32) (local $beyond i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.set $top (i32.add (local.get $at) (local.get $size)))
    (local.set $beyond (i32.sub (global.get $top) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.gt_s (local.get $beyond) (i32.const 0))
      (then
        (if (i32.eq (i32.const -1)
              (memory.grow (i32.add (i32.shr_u (local.get $beyond) (i32.const 16)) (i32.const 1))))
          (then (unreachable)))))
    (local.get $at))

  (func (export "cabi_realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (call $take (local.get $size)))
    (memory.copy (local.get $at) (local.get $old)
      (select (local.get $had) (local.get $size) (i32.lt_u (local.get $had) (local.get $size))))
    (local.get $at))

  ;; Where a result lies that is an address and a length.
  (func $pair (param $at i32) (param $length i32) (result i32)
    (local $back i32)
    (local.set $back (call $take (i32.const 8)))
    (i32.store (local.get $back) (local.get $at))
    (i32.store offset=4 (local.get $back) (local.get $length))
    (local.get $back))

  ;; Two texts as one.
  (func $join (param $one i32) (param $size i32) (param $other i32) (param $more i32) (result i32 i32)
    (local $at i32)
    (local.set $at (call $take (i32.add (local.get $size) (local.get $more))))
    (memory.copy (local.get $at) (local.get $one) (local.get $size))
    (memory.copy (i32.add (local.get $at) (local.get $size)) (local.get $other) (local.get $more))
    (local.get $at)
    (i32.add (local.get $size) (local.get $more)))

  (func $equal (param $one i32) (param $other i32) (param $size i32) (result i32)
    (loop $next
      (if (i32.eqz (local.get $size)) (then (return (i32.const 1))))
      (local.set $size (i32.sub (local.get $size) (i32.const 1)))
      (br_if $next (i32.eq (i32.load8_u (i32.add (local.get $one) (local.get $size)))
                           (i32.load8_u (i32.add (local.get $other) (local.get $size))))))
    (i32.const 0))

  (func $decimal (param $number i32) (result i32 i32)
    (local $end i32) (local $at i32)
    (local.set $end (i32.add (call $take (i32.const 16)) (i32.const 16)))
    (local.set $at (local.get $end))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $next (local.get $number)))
    (local.get $at)
    (i32.sub (local.get $end) (local.get $at)))

  (func (export "lab:market/market@1.0.0#greet") (param $is i32) (param $name i32) (param $length i32) (result i32)
    (if (i32.eqz (local.get $is))
      (then (local.set $name (i32.const 24)) (local.set $length (i32.const 6))))
    (call $pair
      (call $join
        (call $join (i32.const 16) (i32.const 7) (local.get $name) (local.get $length))
        (i32.const 32) (i32.const 1))))

  (func (export "lab:market/market@1.0.0#words") (param $at i32) (param $length i32) (result i32)
    (local $list i32) (local $count i32) (local $start i32) (local $end i32) (local $place i32)
    (local.set $list
      (call $take (i32.shl (i32.add (local.get $length) (i32.const 1)) (i32.const 3))))
    (local.set $start (local.get $at))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (loop $next
      (if (select (i32.const 1)
            (i32.eq (i32.load8_u (local.get $at)) (i32.const 32))
            (i32.eq (local.get $at) (local.get $end)))
        (then
          (local.set $place (i32.add (local.get $list) (i32.shl (local.get $count) (i32.const 3))))
          (i32.store (local.get $place) (local.get $start))
          (i32.store offset=4 (local.get $place) (i32.sub (local.get $at) (local.get $start)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $start (i32.add (local.get $at) (i32.const 1)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $at) (local.get $end))))
    (call $pair (local.get $list) (local.get $count)))

  (func (export "lab:market/market@1.0.0#find") (param $list i32) (param $count i32) (param $word i32) (param $length i32) (result i32)
    (local $back i32) (local $number i32)
    (local.set $back (call $take (i32.const 8)))
    (i32.store (local.get $back) (i32.const 0))
    (loop $next
      (if (i32.lt_u (local.get $number) (local.get $count))
        (then
          (if (i32.eq (i32.load offset=4 (local.get $list)) (local.get $length))
            (then
              (if (call $equal (i32.load (local.get $list)) (local.get $word) (local.get $length))
                (then
                  (i32.store (local.get $back) (i32.const 1))
                  (i32.store offset=4 (local.get $back) (local.get $number))
                  (return (local.get $back))))))
          (local.set $list (i32.add (local.get $list) (i32.const 8)))
          (local.set $number (i32.add (local.get $number) (i32.const 1)))
          (br $next))))
    (local.get $back))

  (func (export "lab:market/market@1.0.0#reverse") (param $at i32) (param $length i32) (result i32)
    (local $made i32) (local $to i32)
    (local.set $made (call $take (local.get $length)))
    (local.set $to (i32.add (local.get $made) (local.get $length)))
    (loop $next
      (if (i32.gt_u (local.get $to) (local.get $made))
        (then
          (local.set $to (i32.sub (local.get $to) (i32.const 1)))
          (i32.store8 (local.get $to) (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next))))
    (call $pair (local.get $made) (local.get $length)))

  (func (export "lab:market/market@1.0.0#sum") (param $at i32) (param $count i32) (result i64)
    (local $sum i64)
    (loop $next
      (if (local.get $count)
        (then
          (local.set $sum (i64.add (local.get $sum) (i64.load (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $next))))
    (local.get $sum))

  (func (export "lab:market/market@1.0.0#mean") (param $at i32) (param $count i32) (result i32)
    (local $sum f64) (local $left i32) (local $back i32)
    (local.set $left (local.get $count))
    (loop $next
      (if (local.get $left)
        (then
          (local.set $sum (f64.add (local.get $sum) (f64.load (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $next))))
    (local.set $back (call $take (i32.const 16)))
    (i32.store (local.get $back) (i32.ne (local.get $count) (i32.const 0)))
    (f64.store offset=8 (local.get $back)
      (f64.div (local.get $sum) (f64.convert_i32_u (local.get $count))))
    (local.get $back))

  (func (export "lab:market/market@1.0.0#number") (param $at i32) (param $length i32) (result i32)
    (local $back i32) (local $done i32) (local $digit i32) (local $number i32) (local $pair i32)
    (local.set $back (call $take (i32.const 12)))
    (block $wrong
      (br_if $wrong (i32.eqz (local.get $length)))
      (br_if $wrong (i32.gt_u (local.get $length) (i32.const 9)))
      (loop $next
        (local.set $digit
          (i32.sub (i32.load8_u (i32.add (local.get $at) (local.get $done))) (i32.const 48)))
        (br_if $wrong (i32.gt_u (local.get $digit) (i32.const 9)))
        (local.set $number
          (i32.add (i32.mul (local.get $number) (i32.const 10)) (local.get $digit)))
        (local.set $done (i32.add (local.get $done) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $done) (local.get $length))))
      (i32.store (local.get $back) (i32.const 0))
      (i32.store offset=4 (local.get $back) (local.get $number))
      (return (local.get $back)))
    (local.set $pair
      (call $pair
        (call $join
          (call $join (i32.const 40) (i32.const 1) (local.get $at) (local.get $length))
          (i32.const 48) (i32.const 14))))
    (i32.store (local.get $back) (i32.const 1))
    (i64.store offset=4 align=4 (local.get $back) (i64.load (local.get $pair)))
    (local.get $back))

  (func $item (param $name i32) (param $length i32) (param $count i32) (param $sized i32) (param $size i32) (param $service i32) (result i32)
    (local $at i32)
    (local.set $at (call $take (i32.const 16)))
    (i32.store (local.get $at) (local.get $name))
    (i32.store offset=4 (local.get $at) (local.get $length))
    (i32.store offset=8 (local.get $at) (local.get $count))
    (i32.store8 offset=12 (local.get $at) (local.get $sized))
    (i32.store8 offset=13 (local.get $at) (local.get $size))
    (i32.store8 offset=14 (local.get $at) (local.get $service))
    (local.get $at))

  (func (export "lab:market/market@1.0.0#change") (param $name i32) (param $length i32) (param $count i32) (param $sized i32) (param $size i32) (param $service i32) (result i32)
    ;; none, small, very large, none
    (local.set $size (select (i32.add (local.get $size) (i32.const 1)) (i32.const 0) (local.get $sized)))
    (call $item (local.get $name) (local.get $length)
      (i32.shl (local.get $count) (i32.const 1))
      (i32.lt_u (local.get $size) (i32.const 2))
      (local.get $size)
      (i32.xor (local.get $service) (i32.const 3))))

  (func (export "lab:market/market@1.0.0#sorted") (param $items i32) (param $count i32) (result i32)
    (local $end i32) (local $each i32) (local $place i32)
    (local.set $end (i32.add (local.get $items) (i32.shl (local.get $count) (i32.const 4))))
    (local.set $each (local.get $items))
    (loop $next
      (local.set $place (local.get $each))
      (block $right
        (loop $before
          (br_if $right (i32.le_u (local.get $place) (local.get $items)))
          (br_if $right (i32.ge_u
            (i32.load (i32.sub (local.get $place) (i32.const 8)))
            (i32.load offset=8 (local.get $place))))
          (memory.copy (global.get $spare) (local.get $place) (i32.const 16))
          (memory.copy (local.get $place) (i32.sub (local.get $place) (i32.const 16)) (i32.const 16))
          (local.set $place (i32.sub (local.get $place) (i32.const 16)))
          (memory.copy (local.get $place) (global.get $spare) (i32.const 16))
          (br $before)))
      (local.set $each (i32.add (local.get $each) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $each) (local.get $end))))
    (call $pair (local.get $items) (local.get $count)))

  (func (export "lab:market/market@1.0.0#area") (param $which i32) (param $width f64) (param $height f64) (result f64)
    (if (i32.eqz (local.get $which)) (then (return (f64.const 0))))
    (f64.mul (local.get $width)
      (select (local.get $width) (local.get $height) (i32.eq (local.get $which) (i32.const 1)))))

  (func (export "lab:market/market@1.0.0#stretch") (param $which i32) (param $width f64) (param $height f64) (param $by f64) (result i32)
    (local $back i32)
    (local.set $back (call $take (i32.const 24)))
    (if (i32.eqz (local.get $which))
      (then
        (i32.store (local.get $back) (i32.const 1))
        (f64.store offset=8 (local.get $back) (local.get $by))
        (return (local.get $back))))
    (i32.store (local.get $back) (i32.const 2))
    (f64.store offset=8 (local.get $back) (f64.mul (local.get $width) (local.get $by)))
    (f64.store offset=16 (local.get $back)
      (select (local.get $width) (local.get $height) (i32.eq (local.get $which) (i32.const 1))))
    (local.get $back))

  ;; A result that is a cost, or that it is too much.
  (func $fitting (param $cost i64) (result i32)
    (local $back i32)
    (local.set $back (call $take (i32.const 32)))
    (if (i64.gt_u (local.get $cost) (i64.const 1_000_000_000_000))
      (then
        (i32.store (local.get $back) (i32.const 1))
        (i32.store offset=8 (local.get $back) (i32.const 2)))
      (else
        (i32.store (local.get $back) (i32.const 0))
        (i64.store offset=8 (local.get $back) (local.get $cost))))
    (local.get $back))

  (func $cost (export "lab:market/market@1.0.0#cost") (param $name i32) (param $length i32) (param $count i32) (param $sized i32) (param $size i32) (param $service i32) (result i32)
    (local $answer i32) (local $back i32)
    (local.set $answer (call $take (i32.const 16)))
    (call $price (local.get $name) (local.get $length) (local.get $answer))
    (if (i32.eqz (i32.load8_u (local.get $answer)))
      (then
        (return (call $fitting
          (i64.mul (i64.load offset=8 (local.get $answer)) (i64.extend_i32_u (local.get $count)))))))
    (local.set $back (call $take (i32.const 32)))
    (i32.store (local.get $back) (i32.const 1))
    (i32.store offset=8 (local.get $back) (i32.const 1))
    (i32.store offset=12 (local.get $back) (local.get $name))
    (i32.store offset=16 (local.get $back) (local.get $length))
    (i64.store offset=20 align=4 (local.get $back) (i64.load offset=8 (local.get $answer)))
    (local.get $back))

  (func $made (param $owner i32) (param $length i32) (param $items i32) (param $count i32) (result i32)
    (local $at i32)
    (local.set $at (call $take (i32.const 16)))
    (i32.store (local.get $at) (local.get $owner))
    (i32.store offset=4 (local.get $at) (local.get $length))
    (i32.store offset=8 (local.get $at) (local.get $items))
    (i32.store offset=12 (local.get $at) (local.get $count))
    (call $new (local.get $at)))

  (func (export "lab:market/market@1.0.0#[constructor]basket") (param $owner i32) (param $length i32) (result i32)
    (call $made (local.get $owner) (local.get $length) (i32.const 0) (i32.const 0)))

  ;; Items of two lists in a new one.
  (func $both (param $one i32) (param $count i32) (param $other i32) (param $more i32) (result i32 i32)
    (call $join
      (local.get $one) (i32.shl (local.get $count) (i32.const 4))
      (local.get $other) (i32.shl (local.get $more) (i32.const 4)))
    (i32.shr_u (i32.const 4)))

  (func (export "lab:market/market@1.0.0#[method]basket.put") (param $self i32) (param $name i32) (param $length i32) (param $count i32) (param $sized i32) (param $size i32) (param $service i32) (result i32)
    (call $both
      (i32.load offset=8 (local.get $self)) (i32.load offset=12 (local.get $self))
      (call $item (local.get $name) (local.get $length) (local.get $count)
        (local.get $sized) (local.get $size) (local.get $service))
      (i32.const 1))
    (local.set $count)
    (local.set $name)
    (i32.store offset=8 (local.get $self) (local.get $name))
    (i32.store offset=12 (local.get $self) (local.get $count))
    (local.get $count))

  (func (export "lab:market/market@1.0.0#[method]basket.items") (param $self i32) (result i32)
    (call $pair (i32.load offset=8 (local.get $self)) (i32.load offset=12 (local.get $self))))

  (func (export "lab:market/market@1.0.0#[method]basket.total") (param $self i32) (result i32)
    (local $item i32) (local $left i32) (local $found i32) (local $total i64)
    (local.set $item (i32.load offset=8 (local.get $self)))
    (local.set $left (i32.load offset=12 (local.get $self)))
    (if (i32.eqz (local.get $left))
      (then
        (local.set $found (call $take (i32.const 32)))
        (i32.store (local.get $found) (i32.const 1))
        (i32.store offset=8 (local.get $found) (i32.const 0))
        (return (local.get $found))))
    (loop $next
      (local.set $found
        (call $cost (i32.load (local.get $item)) (i32.load offset=4 (local.get $item))
          (i32.load offset=8 (local.get $item)) (i32.const 0) (i32.const 0) (i32.const 0)))
      (if (i32.load8_u (local.get $found)) (then (return (local.get $found))))
      (local.set $total (i64.add (local.get $total) (i64.load offset=8 (local.get $found))))
      (local.set $item (i32.add (local.get $item) (i32.const 16)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $next (local.get $left)))
    (call $fitting (local.get $total)))

  (func (export "lab:market/market@1.0.0#[static]basket.merge") (param $one i32) (param $other i32) (result i32)
    (call $made
      (call $join
        (call $join (i32.load (local.get $one)) (i32.load offset=4 (local.get $one))
          (i32.const 64) (i32.const 5))
        (i32.load (local.get $other)) (i32.load offset=4 (local.get $other)))
      (call $both
        (i32.load offset=8 (local.get $one)) (i32.load offset=12 (local.get $one))
        (i32.load offset=8 (local.get $other)) (i32.load offset=12 (local.get $other)))))

  (func $label (export "lab:market/market@1.0.0#[method]basket.label") (param $self i32) (result i32)
    (call $pair
      (call $join
        (call $join (i32.load (local.get $self)) (i32.load offset=4 (local.get $self))
          (i32.const 72) (i32.const 5))
        (call $decimal (i32.load offset=12 (local.get $self))))))

  (func (export "lab:market/market@1.0.0#[dtor]basket") (param $self i32)
    (global.set $gone (i32.add (global.get $gone) (i32.const 1))))

  (func (export "lab:market/market@1.0.0#fuller") (param $one i32) (param $other i32) (result i32)
    (call $label
      (select (local.get $one) (local.get $other)
        (i32.ge_u (i32.load offset=12 (local.get $one)) (i32.load offset=12 (local.get $other))))))

  (func (export "lab:market/market@1.0.0#sell") (param $handle i32) (result i32)
    (local $back i32)
    (local.set $back (call $label (call $basket (local.get $handle))))
    (call $drop (local.get $handle))
    (local.get $back))

  (func (export "lab:market/market@1.0.0#gone") (result i32) (global.get $gone)))
