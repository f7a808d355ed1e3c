;; The inner loop of the polyphase resampler. For each k below $blocks:
;;   sums[k] += coefficients[0] * line[k] + ... + coefficients[taps - 1] * line[k + taps - 1]
;; in single precision, sixteen neighbours at a time, so that each coefficient
;; is loaded once for sixteen products. Addresses are in bytes. Every output
;; adds its products in the same order, so that it does not depend on $blocks.
;; `deno run --allow-read --allow-write tools/build_convolve.ts` turns this into convolve_binary.ts.
(module
  (memory (export "memory") 1 1)
  (func (export "convolve")
    (param $coefficients i32) (param $taps i32)
    (param $line i32) (param $sums i32) (param $blocks i32)
    (local $tap i32) (local $end i32) (local $from i32) (local $c v128)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (if (i32.or (i32.le_s (local.get $blocks) (i32.const 0))
                (i32.le_s (local.get $taps) (i32.const 0)))
      (then (return)))
    (local.set $end
      (i32.add (local.get $coefficients)
               (i32.shl (local.get $taps) (i32.const 2))))
    (loop $sixteen
      (local.set $sum0 (v128.load offset=0 (local.get $sums)))
      (local.set $sum1 (v128.load offset=16 (local.get $sums)))
      (local.set $sum2 (v128.load offset=32 (local.get $sums)))
      (local.set $sum3 (v128.load offset=48 (local.get $sums)))
      (local.set $tap (local.get $coefficients))
      (local.set $from (local.get $line))
      (loop $product
        (local.set $c (v128.load32_splat (local.get $tap)))
        (local.set $sum0 (f32x4.add (local.get $sum0)
          (f32x4.mul (local.get $c) (v128.load offset=0 (local.get $from)))))
        (local.set $sum1 (f32x4.add (local.get $sum1)
          (f32x4.mul (local.get $c) (v128.load offset=16 (local.get $from)))))
        (local.set $sum2 (f32x4.add (local.get $sum2)
          (f32x4.mul (local.get $c) (v128.load offset=32 (local.get $from)))))
        (local.set $sum3 (f32x4.add (local.get $sum3)
          (f32x4.mul (local.get $c) (v128.load offset=48 (local.get $from)))))
        (local.set $from (i32.add (local.get $from) (i32.const 4)))
        (local.set $tap (i32.add (local.get $tap) (i32.const 4)))
        (br_if $product (i32.lt_u (local.get $tap) (local.get $end))))
      (v128.store offset=0 (local.get $sums) (local.get $sum0))
      (v128.store offset=16 (local.get $sums) (local.get $sum1))
      (v128.store offset=32 (local.get $sums) (local.get $sum2))
      (v128.store offset=48 (local.get $sums) (local.get $sum3))
      (local.set $line (i32.add (local.get $line) (i32.const 64)))
      (local.set $sums (i32.add (local.get $sums) (i32.const 64)))
      (local.set $blocks (i32.sub (local.get $blocks) (i32.const 16)))
      (br_if $sixteen (i32.gt_s (local.get $blocks) (i32.const 0))))))
