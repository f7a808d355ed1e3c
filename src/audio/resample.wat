;; The polyphase resampler, from 16-bit samples to 16-bit samples. A block is
;; $down samples of the input, of which sample b belongs to branch b, and gives
;; $up samples of the output, one a phase. Addresses are in bytes; the regions and
;; the bank are laid out by resample_kernel.ts. Deno's V8 checks the bounds of an
;; access by instructions of their own: what makes few accesses is fast. It is
;; longer than other files because V8 does not inline what is called in a loop.
;; `deno run --allow-read --allow-write tools/build_wat.ts` turns this into resample_binary.ts.
(module
  (import "audio" "memory" (memory 16 16))
  ;; 16-bit samples: the blocks of the past, then what is new; all are finite.
  (import "audio" "input" (global $input i32))
  ;; A line of 32-bit floats for each branch, and how far they are apart.
  (import "audio" "lines" (global $lines i32))
  (import "audio" "lineBytes" (global $line_bytes i32))
  ;; 16-bit samples of each phase, and how far they are apart.
  (import "audio" "phases" (global $phases i32))
  (import "audio" "phaseBytes" (global $phase_bytes i32))
  (import "audio" "output" (global $output i32))
  (import "audio" "constants" (global $constants i32))

  ;; Resamples the $samples in the input region that follow the past of the bank,
  ;; gives how many samples stand in the output region, and moves the past that
  ;; the next block needs, with the samples of a block that is not whole, to the
  ;; input region's begin.
  (func (export "resample")
    (param $bank i32) (param $samples i32) (result i32)
    (local $up i32) (local $down i32) (local $past i32) (local $blocks i32)
    (local.set $up (i32.load offset=0 (local.get $bank)))
    (local.set $down (i32.load offset=4 (local.get $bank)))
    (local.set $past (i32.load offset=8 (local.get $bank)))
    (local.set $blocks (i32.div_u (local.get $samples) (local.get $down)))
    (if (i32.eqz (local.get $blocks)) (then (return (i32.const 0))))
    (call $split
      (local.get $down) (i32.add (local.get $past) (local.get $blocks)))
    (memory.copy (global.get $input)
      (i32.add (global.get $input) (i32.shl
        (i32.mul (local.get $blocks) (local.get $down)) (i32.const 1)))
      (i32.shl (i32.add (local.get $samples) (i32.mul (local.get $down)
        (i32.sub (local.get $past) (local.get $blocks)))) (i32.const 1)))
    (call $filter_all (i32.add (local.get $bank) (i32.const 12))
      (local.get $up) (local.get $down) (local.get $blocks))
    (call $weave (local.get $up) (local.get $blocks))
    (i32.mul (local.get $blocks) (local.get $up)))

  ;; Lays $length samples of each branch out in its line, up to 7 too many.
  (func $split (param $down i32) (param $length i32)
    (local $branch i32)
    (if (i32.eq (local.get $down) (i32.const 1))
      (then (call $split1 (local.get $length)) (return)))
    (if (i32.eq (local.get $down) (i32.const 2))
      (then (call $split2 (local.get $length)) (return)))
    (if (i32.eq (local.get $down) (i32.const 3))
      (then (call $split3 (local.get $length)) (return)))
    (loop $next
      (call $gather
        (i32.add (global.get $input)
          (i32.shl (local.get $branch) (i32.const 1)))
        (i32.shl (local.get $down) (i32.const 1))
        (i32.add (global.get $lines)
          (i32.mul (local.get $branch) (global.get $line_bytes)))
        (local.get $length))
      (local.set $branch (i32.add (local.get $branch) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $branch) (local.get $down)))))

  (func $split1 (param $length i32)
    (local $from i32) (local $to i32) (local $x v128)
    (local.set $from (global.get $input))
    (local.set $to (global.get $lines))
    (loop $next
      (local.set $x (v128.load (local.get $from)))
      (v128.store offset=0 (local.get $to)
        (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $x))))
      (v128.store offset=16 (local.get $to)
        (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $x))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 32)))
      (local.set $length (i32.sub (local.get $length) (i32.const 8)))
      (br_if $next (i32.gt_s (local.get $length) (i32.const 0)))))

  (func $split2 (param $length i32)
    (local $from i32) (local $to i32) (local $x v128)
    (local.set $from (global.get $input))
    (local.set $to (global.get $lines))
    (loop $next
      (local.set $x (v128.load (local.get $from)))
      (v128.store (local.get $to) (f32x4.convert_i32x4_s (i32x4.shr_s
        (i32x4.shl (local.get $x) (i32.const 16)) (i32.const 16))))
      (v128.store (i32.add (local.get $to) (global.get $line_bytes))
        (f32x4.convert_i32x4_s (i32x4.shr_s (local.get $x) (i32.const 16))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $length (i32.sub (local.get $length) (i32.const 4)))
      (br_if $next (i32.gt_s (local.get $length) (i32.const 0)))))

  ;; Which bytes of the blend of two vectors a branch of three takes.
  (data (global.get $constants)
    "\00\00\00\01\00\00\06\07\00\00\0c\0d\00\00\0a\0b"
    "\00\00\02\03\00\00\08\09\00\00\0e\0f\00\00\0c\0d"
    "\00\00\04\05\00\00\0a\0b\00\00\08\09\00\00\0e\0f")
  ;; Twelve samples at a time, read as the first eight and the last eight; each
  ;; goes to the upper half of a number, whose shift brings the sign along.
  (func $split3 (param $length i32)
    (local $from i32) (local $to i32) (local $x v128) (local $y v128)
    (local $m0 v128) (local $m1 v128) (local $m2 v128)
    (local.set $m0 (v128.load offset=0 (global.get $constants)))
    (local.set $m1 (v128.load offset=16 (global.get $constants)))
    (local.set $m2 (v128.load offset=32 (global.get $constants)))
    (local.set $from (global.get $input))
    (local.set $to (global.get $lines))
    (loop $next
      (local.set $x (v128.load offset=0 (local.get $from)))
      (local.set $y (v128.load offset=8 (local.get $from)))
      (v128.store (local.get $to)
        (f32x4.convert_i32x4_s (i32x4.shr_s (i8x16.swizzle
          (i8x16.shuffle 0 1 18 19 20 21 6 7 24 25 26 27 12 13 30 31
            (local.get $x) (local.get $y))
          (local.get $m0)) (i32.const 16))))
      (v128.store (i32.add (local.get $to)
        (global.get $line_bytes))
        (f32x4.convert_i32x4_s (i32x4.shr_s (i8x16.swizzle
          (i8x16.shuffle 16 17 2 3 20 21 22 23 8 9 26 27 28 29 14 15
            (local.get $x) (local.get $y))
          (local.get $m1)) (i32.const 16))))
      (v128.store (i32.add (local.get $to)
        (i32.shl (global.get $line_bytes) (i32.const 1)))
        (f32x4.convert_i32x4_s (i32x4.shr_s (i8x16.swizzle
          (i8x16.shuffle 16 17 18 19 4 5 22 23 24 25 10 11 28 29 30 31
            (local.get $x) (local.get $y))
          (local.get $m2)) (i32.const 16))))
      (local.set $from (i32.add (local.get $from) (i32.const 24)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $length (i32.sub (local.get $length) (i32.const 4)))
      (br_if $next (i32.gt_s (local.get $length) (i32.const 0)))))

  ;; Turns every sample that is $step bytes further into a float.
  (func $gather
    (param $from i32) (param $step i32) (param $to i32) (param $count i32)
    (loop $next
      (f32.store (local.get $to)
        (f32.convert_i32_s (i32.load16_s (local.get $from))))
      (local.set $from (i32.add (local.get $from) (local.get $step)))
      (local.set $to (i32.add (local.get $to) (i32.const 4)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $next (local.get $count))))

  ;; Filters for each phase, by the filters that begin at $row.
  (func $filter_all
    (param $row i32) (param $up i32) (param $down i32) (param $blocks i32)
    (local $to i32)
    (local.set $to (select (global.get $output) (global.get $phases)
      (i32.eq (local.get $up) (i32.const 1))))
    (loop $phase
      (local.set $row (call $filter (local.get $row) (local.get $down)
        (local.get $to) (local.get $blocks)))
      (local.set $to (i32.add (local.get $to) (global.get $phase_bytes)))
      (local.set $up (i32.sub (local.get $up) (i32.const 1)))
      (br_if $phase (local.get $up))))

  ;; Filters the lines by the filters at $cell, one a branch, and gives the
  ;; address behind them. 32 neighbours and four taps at a time: each vector is
  ;; loaded once, and what begins at its second, third and fourth sample is put
  ;; together from it and the next one. Up to 31 more than $blocks are written.
  ;; Every output adds its products in the same order, so that it does not
  ;; depend on $blocks. relaxed_madd rounds once where the processor can, which
  ;; two operations do twice.
  (func $filter
    (param $cell i32) (param $branches i32) (param $to i32) (param $blocks i32)
    (result i32)
    (local $begin i32) (local $end i32) (local $start i32)
    (local $line i32) (local $from i32) (local $tap i32) (local $last i32)
    (local $a v128) (local $b v128)
    (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local $s4 v128) (local $s5 v128) (local $s6 v128) (local $s7 v128)
    (local.set $begin (local.get $cell))
    (local.set $end (i32.add (local.get $cell)
      (i32.mul (local.get $branches) (i32.const 12))))
    (local.set $start (global.get $lines))
    (loop $blocks
      (local.set $s0 (v128.const i32x4 0 0 0 0))
      (local.set $s1 (local.get $s0))
      (local.set $s2 (local.get $s0))
      (local.set $s3 (local.get $s0))
      (local.set $s4 (local.get $s0))
      (local.set $s5 (local.get $s0))
      (local.set $s6 (local.get $s0))
      (local.set $s7 (local.get $s0))
      (local.set $cell (local.get $begin))
      (local.set $line (local.get $start))
      (loop $branch
        (local.set $from (i32.add (local.get $line)
          (i32.load offset=0 (local.get $cell))))
        (local.set $tap (i32.load offset=4 (local.get $cell)))
        (local.set $last (i32.load offset=8 (local.get $cell)))
        (if (i32.lt_u (local.get $tap) (local.get $last)) (then
          (loop $taps
            (local.set $a (v128.load (local.get $tap)))
            (local.set $c0 (i8x16.shuffle
              0 1 2 3 0 1 2 3 0 1 2 3 0 1 2 3
              (local.get $a) (local.get $a)))
            (local.set $c1 (i8x16.shuffle
              4 5 6 7 4 5 6 7 4 5 6 7 4 5 6 7
              (local.get $a) (local.get $a)))
            (local.set $c2 (i8x16.shuffle
              8 9 10 11 8 9 10 11 8 9 10 11 8 9 10 11
              (local.get $a) (local.get $a)))
            (local.set $c3 (i8x16.shuffle
              12 13 14 15 12 13 14 15 12 13 14 15 12 13 14 15
              (local.get $a) (local.get $a)))
            (local.set $a (v128.load offset=0 (local.get $from)))
            (local.set $b (v128.load offset=16 (local.get $from)))
            (local.set $s0 (f32x4.relaxed_madd (local.get $c0) (local.get $a) (local.get $s0)))
            (local.set $s0 (f32x4.relaxed_madd (local.get $c1) (i8x16.shuffle
                4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
                (local.get $a) (local.get $b)) (local.get $s0)))
            (local.set $s0 (f32x4.relaxed_madd (local.get $c2) (i8x16.shuffle
                8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                (local.get $a) (local.get $b)) (local.get $s0)))
            (local.set $s0 (f32x4.relaxed_madd (local.get $c3) (i8x16.shuffle
                12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
                (local.get $a) (local.get $b)) (local.get $s0)))
            (local.set $a (v128.load offset=32 (local.get $from)))
            (local.set $s1 (f32x4.relaxed_madd (local.get $c0) (local.get $b) (local.get $s1)))
            (local.set $s1 (f32x4.relaxed_madd (local.get $c1) (i8x16.shuffle
                4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
                (local.get $b) (local.get $a)) (local.get $s1)))
            (local.set $s1 (f32x4.relaxed_madd (local.get $c2) (i8x16.shuffle
                8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                (local.get $b) (local.get $a)) (local.get $s1)))
            (local.set $s1 (f32x4.relaxed_madd (local.get $c3) (i8x16.shuffle
                12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
                (local.get $b) (local.get $a)) (local.get $s1)))
            (local.set $b (v128.load offset=48 (local.get $from)))
            (local.set $s2 (f32x4.relaxed_madd (local.get $c0) (local.get $a) (local.get $s2)))
            (local.set $s2 (f32x4.relaxed_madd (local.get $c1) (i8x16.shuffle
                4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
                (local.get $a) (local.get $b)) (local.get $s2)))
            (local.set $s2 (f32x4.relaxed_madd (local.get $c2) (i8x16.shuffle
                8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                (local.get $a) (local.get $b)) (local.get $s2)))
            (local.set $s2 (f32x4.relaxed_madd (local.get $c3) (i8x16.shuffle
                12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
                (local.get $a) (local.get $b)) (local.get $s2)))
            (local.set $a (v128.load offset=64 (local.get $from)))
            (local.set $s3 (f32x4.relaxed_madd (local.get $c0) (local.get $b) (local.get $s3)))
            (local.set $s3 (f32x4.relaxed_madd (local.get $c1) (i8x16.shuffle
                4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
                (local.get $b) (local.get $a)) (local.get $s3)))
            (local.set $s3 (f32x4.relaxed_madd (local.get $c2) (i8x16.shuffle
                8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                (local.get $b) (local.get $a)) (local.get $s3)))
            (local.set $s3 (f32x4.relaxed_madd (local.get $c3) (i8x16.shuffle
                12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
                (local.get $b) (local.get $a)) (local.get $s3)))
            (local.set $b (v128.load offset=80 (local.get $from)))
            (local.set $s4 (f32x4.relaxed_madd (local.get $c0) (local.get $a) (local.get $s4)))
            (local.set $s4 (f32x4.relaxed_madd (local.get $c1) (i8x16.shuffle
                4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
                (local.get $a) (local.get $b)) (local.get $s4)))
            (local.set $s4 (f32x4.relaxed_madd (local.get $c2) (i8x16.shuffle
                8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                (local.get $a) (local.get $b)) (local.get $s4)))
            (local.set $s4 (f32x4.relaxed_madd (local.get $c3) (i8x16.shuffle
                12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
                (local.get $a) (local.get $b)) (local.get $s4)))
            (local.set $a (v128.load offset=96 (local.get $from)))
            (local.set $s5 (f32x4.relaxed_madd (local.get $c0) (local.get $b) (local.get $s5)))
            (local.set $s5 (f32x4.relaxed_madd (local.get $c1) (i8x16.shuffle
                4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
                (local.get $b) (local.get $a)) (local.get $s5)))
            (local.set $s5 (f32x4.relaxed_madd (local.get $c2) (i8x16.shuffle
                8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                (local.get $b) (local.get $a)) (local.get $s5)))
            (local.set $s5 (f32x4.relaxed_madd (local.get $c3) (i8x16.shuffle
                12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
                (local.get $b) (local.get $a)) (local.get $s5)))
            (local.set $b (v128.load offset=112 (local.get $from)))
            (local.set $s6 (f32x4.relaxed_madd (local.get $c0) (local.get $a) (local.get $s6)))
            (local.set $s6 (f32x4.relaxed_madd (local.get $c1) (i8x16.shuffle
                4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
                (local.get $a) (local.get $b)) (local.get $s6)))
            (local.set $s6 (f32x4.relaxed_madd (local.get $c2) (i8x16.shuffle
                8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                (local.get $a) (local.get $b)) (local.get $s6)))
            (local.set $s6 (f32x4.relaxed_madd (local.get $c3) (i8x16.shuffle
                12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
                (local.get $a) (local.get $b)) (local.get $s6)))
            (local.set $a (v128.load offset=128 (local.get $from)))
            (local.set $s7 (f32x4.relaxed_madd (local.get $c0) (local.get $b) (local.get $s7)))
            (local.set $s7 (f32x4.relaxed_madd (local.get $c1) (i8x16.shuffle
                4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
                (local.get $b) (local.get $a)) (local.get $s7)))
            (local.set $s7 (f32x4.relaxed_madd (local.get $c2) (i8x16.shuffle
                8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                (local.get $b) (local.get $a)) (local.get $s7)))
            (local.set $s7 (f32x4.relaxed_madd (local.get $c3) (i8x16.shuffle
                12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
                (local.get $b) (local.get $a)) (local.get $s7)))
            (local.set $from (i32.add (local.get $from) (i32.const 16)))
            (local.set $tap (i32.add (local.get $tap) (i32.const 16)))
            (br_if $taps (i32.lt_u (local.get $tap) (local.get $last))))))
        (local.set $line (i32.add (local.get $line) (global.get $line_bytes)))
        (local.set $cell (i32.add (local.get $cell) (i32.const 12)))
        (br_if $branch (i32.lt_u (local.get $cell) (local.get $end))))
      (v128.store offset=0 (local.get $to)
        (call $round (local.get $s0) (local.get $s1)))
      (v128.store offset=16 (local.get $to)
        (call $round (local.get $s2) (local.get $s3)))
      (v128.store offset=32 (local.get $to)
        (call $round (local.get $s4) (local.get $s5)))
      (v128.store offset=48 (local.get $to)
        (call $round (local.get $s6) (local.get $s7)))
      (local.set $to (i32.add (local.get $to) (i32.const 64)))
      (local.set $start (i32.add (local.get $start) (i32.const 128)))
      (local.set $blocks (i32.sub (local.get $blocks) (i32.const 32)))
      (br_if $blocks (i32.gt_s (local.get $blocks) (i32.const 0))))
    (local.get $end))

  ;; Eight samples: to the nearest, halves to even, clipped. Added to a float
  ;; below 2^22, 1.5 * 2^23 leaves no room for a fraction, and the lowest bits of
  ;; the sum are the integer.
  (func $round (param $low v128) (param $high v128) (result v128)
    (local $rounder v128)
    (local.set $rounder (v128.const f32x4 12582912 12582912 12582912 12582912))
    (i16x8.narrow_i32x4_s
      (i32x4.sub (f32x4.add (local.get $low) (local.get $rounder))
        (local.get $rounder))
      (i32x4.sub (f32x4.add (local.get $high) (local.get $rounder))
        (local.get $rounder))))

  ;; Puts $blocks samples of each phase together, up to 7 blocks too many; a
  ;; single phase was written where it belongs.
  (func $weave (param $up i32) (param $blocks i32)
    (local $phase i32)
    (if (i32.eq (local.get $up) (i32.const 1)) (then (return)))
    (if (i32.eq (local.get $up) (i32.const 2))
      (then (call $weave2 (local.get $blocks)) (return)))
    (if (i32.eq (local.get $up) (i32.const 3))
      (then (call $weave3 (local.get $blocks)) (return)))
    (loop $next
      (call $scatter
        (i32.add (global.get $phases)
          (i32.mul (local.get $phase) (global.get $phase_bytes)))
        (i32.add (global.get $output)
          (i32.shl (local.get $phase) (i32.const 1)))
        (i32.shl (local.get $up) (i32.const 1))
        (local.get $blocks))
      (local.set $phase (i32.add (local.get $phase) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $phase) (local.get $up)))))

  (func $weave2 (param $blocks i32)
    (local $from i32) (local $to i32)
    (local $x v128) (local $y v128)
    (local.set $from (global.get $phases))
    (local.set $to (global.get $output))
    (loop $next
      (local.set $x (v128.load (local.get $from)))
      (local.set $y (v128.load (i32.add (local.get $from)
        (global.get $phase_bytes))))
      (v128.store offset=0 (local.get $to) (i8x16.shuffle
        0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
        (local.get $x) (local.get $y)))
      (v128.store offset=16 (local.get $to) (i8x16.shuffle
        8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31
        (local.get $x) (local.get $y)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 32)))
      (local.set $blocks (i32.sub (local.get $blocks) (i32.const 8)))
      (br_if $next (i32.gt_s (local.get $blocks) (i32.const 0)))))

  (func $weave3 (param $blocks i32)
    (local $from i32) (local $to i32)
    (local $x v128) (local $y v128) (local $z v128)
    (local.set $from (global.get $phases))
    (local.set $to (global.get $output))
    (loop $next
      (local.set $x (v128.load (local.get $from)))
      (local.set $y (v128.load (i32.add (local.get $from)
        (global.get $phase_bytes))))
      (local.set $z (v128.load (i32.add (local.get $from)
        (i32.shl (global.get $phase_bytes) (i32.const 1)))))
      (v128.store offset=0 (local.get $to) (i8x16.shuffle
        0 1 2 3 16 17 6 7 8 9 18 19 12 13 14 15
        (i8x16.shuffle
          0 1 16 17 0 1 2 3 18 19 0 1 4 5 20 21
          (local.get $x) (local.get $y))
        (local.get $z)))
      (v128.store offset=16 (local.get $to) (i8x16.shuffle
        20 21 2 3 4 5 22 23 8 9 10 11 24 25 14 15
        (i8x16.shuffle
          0 1 6 7 22 23 0 1 8 9 24 25 0 1 10 11
          (local.get $x) (local.get $y))
        (local.get $z)))
      (v128.store offset=32 (local.get $to) (i8x16.shuffle
        0 1 26 27 4 5 6 7 28 29 10 11 12 13 30 31
        (i8x16.shuffle
          26 27 0 1 12 13 28 29 0 1 14 15 30 31 0 1
          (local.get $x) (local.get $y))
        (local.get $z)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 48)))
      (local.set $blocks (i32.sub (local.get $blocks) (i32.const 8)))
      (br_if $next (i32.gt_s (local.get $blocks) (i32.const 0)))))

  ;; Puts $count samples where they are $step bytes apart.
  (func $scatter
    (param $from i32) (param $to i32) (param $step i32) (param $count i32)
    (loop $next
      (i32.store16 (local.get $to) (i32.load16_u (local.get $from)))
      (local.set $from (i32.add (local.get $from) (i32.const 2)))
      (local.set $to (i32.add (local.get $to) (local.get $step)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $next (local.get $count)))))
