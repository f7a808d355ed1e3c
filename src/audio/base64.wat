;; Base64 of samples (RFC 4648, section 4), sixteen characters at a time.
;; Addresses are in bytes; the regions are laid out by pcm_base64.ts. Relaxed
;; instructions are used only where every processor gives the same.
;; `deno run --allow-read --allow-write tools/build_wat.ts` turns this into base64_binary.ts.
(module
  (import "audio" "memory" (memory 16 16))
  ;; What is decoded, in place; 16 bytes more than the longest text.
  (import "audio" "text" (global $text i32))
  ;; What was encoded; 16 bytes more than the longest.
  (import "audio" "encoded" (global $encoded i32))
  (import "audio" "constants" (global $constants i32))

  (data (global.get $constants)
    ;; 0: wrong by the lower half: a bit each for upper half 2, 3, 4 and 6, 5 and 7, others.
    "\15\11\11\11\11\11\11\11\11\11\13\1a\1b\1b\1b\1a"
    ;; 16: which of these bits the upper half asks for.
    "\10\10\01\02\04\08\04\08\10\10\10\10\10\10\10\10"
    ;; 32: from a character to its value, by the upper half; 1 stands for a slash.
    "\00\10\13\04\bf\bf\b9\b9\00\00\00\00\00\00\00\00"
    ;; 48: the three bytes of each number, highest first.
    "\02\01\00\06\05\04\0a\09\08\0e\0d\0c\ff\ff\ff\ff"
    ;; 64: three bytes b, c, d as the numbers bc and cd.
    "\01\00\02\01\04\03\05\04\07\06\08\07\0a\09\0b\0a"
    ;; 80: from a value to its character: a small letter, ten digits, plus, slash, a capital.
    "\47\fc\fc\fc\fc\fc\fc\fc\fc\fc\fc\ed\f0\41\00\00"
    ;; 96: 16 bytes that stay and 16 that go.
    "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff"
    "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")

  ;; Decodes $length characters in place and gives how many bytes that is, or -1
  ;; when it is not base64. Padding may be left out, but not be wrong.
  (func (export "decode") (param $length i32) (result i32)
    (local $from i32) (local $to i32) (local $end i32)
    (local $x v128) (local $upper v128) (local $wrong v128)
    (local $wrong_lower v128) (local $wrong_upper v128) (local $offsets v128)
    (local $pack v128) (local $half v128) (local $slash v128)
    (local $first v128) (local $scale v128)
    (local.set $length (call $without_padding (local.get $length)))
    (if (i32.eq (i32.and (local.get $length) (i32.const 3)) (i32.const 1))
      (then (return (i32.const -1))))
    (local.set $from (global.get $text))
    (local.set $to (local.get $from))
    (local.set $end (i32.add (local.get $from) (local.get $length)))
    ;; Behind the end stand zeros.
    (v128.store (local.get $end) (i8x16.splat (i32.const 65)))
    (local.set $wrong_lower (v128.load offset=0 (global.get $constants)))
    (local.set $wrong_upper (v128.load offset=16 (global.get $constants)))
    (local.set $offsets (v128.load offset=32 (global.get $constants)))
    (local.set $pack (v128.load offset=48 (global.get $constants)))
    (local.set $half (i8x16.splat (i32.const 0x0f)))
    (local.set $slash (i8x16.splat (i32.const 0x2f)))
    (local.set $first (i16x8.splat (i32.const 0x0fc0)))
    (local.set $scale (i32x4.splat (i32.const 0x00011000)))
    (loop $next
      (local.set $x (v128.load (local.get $from)))
      (local.set $upper (v128.and
        (i16x8.shr_u (local.get $x) (i32.const 4)) (local.get $half)))
      (local.set $wrong (v128.or (local.get $wrong) (v128.and
        (i8x16.relaxed_swizzle (local.get $wrong_lower)
          (v128.and (local.get $x) (local.get $half)))
        (i8x16.relaxed_swizzle (local.get $wrong_upper) (local.get $upper)))))
      (local.set $x (i8x16.add (local.get $x)
        (i8x16.relaxed_swizzle (local.get $offsets)
          (i8x16.add (local.get $upper)
            (i8x16.eq (local.get $x) (local.get $slash))))))
      ;; Values a and b, of six bits each, become a * 64 + b, and two of these
      ;; become a number of 24 bits.
      (local.set $x (v128.or
        (v128.and (i16x8.shl (local.get $x) (i32.const 6)) (local.get $first))
        (i16x8.shr_u (local.get $x) (i32.const 8))))
      (local.set $x (i32x4.dot_i16x8_s (local.get $x) (local.get $scale)))
      ;; Four bytes too many are written, over what was read already.
      (v128.store (local.get $to)
        (i8x16.relaxed_swizzle (local.get $x) (local.get $pack)))
      (local.set $to (i32.add (local.get $to) (i32.const 12)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end))))
    (select (i32.const -1)
      (i32.shr_u (i32.mul (local.get $length) (i32.const 3)) (i32.const 2))
      (v128.any_true (local.get $wrong))))

  ;; The length without padding; 1, which cannot be, when the padding is wrong.
  (func $without_padding (param $length i32) (result i32)
    (local $last i32)
    (if (i32.eqz (local.get $length)) (then (return (local.get $length))))
    (local.set $last (i32.sub
      (i32.add (global.get $text) (local.get $length)) (i32.const 1)))
    (if (i32.ne (i32.load8_u (local.get $last)) (i32.const 61))
      (then (return (local.get $length))))
    (if (i32.and (local.get $length) (i32.const 3))
      (then (return (i32.const 1))))
    (i32.sub (i32.sub (local.get $length) (i32.const 1))
      (i32.eq (i32.load8_u (i32.sub (local.get $last) (i32.const 1)))
        (i32.const 61))))

  ;; Encodes $length bytes at $from, with padding, each four characters combined
  ;; with $key by exclusive or, and gives how many characters that is.
  (func (export "encode")
    (param $from i32) (param $length i32) (param $key i32) (result i32)
    (local $to i32) (local $end i32) (local $left i32) (local $characters i32)
    (local $x v128) (local $spread v128) (local $offsets v128)
    (local $odd v128) (local $odd_scale v128)
    (local $even v128) (local $even_scale v128)
    (local $last_letter v128) (local $capitals v128) (local $capital v128)
    (local $mask v128)
    (local.set $spread (v128.load offset=64 (global.get $constants)))
    (local.set $offsets (v128.load offset=80 (global.get $constants)))
    (local.set $even (i32x4.splat (i32.const 0x07e07e00)))
    (local.set $even_scale (i32x4.splat (i32.const 0x04000040)))
    (local.set $odd (i32x4.splat (i32.const 0x003f03f0)))
    (local.set $odd_scale (i32x4.splat (i32.const 0x01000010)))
    (local.set $last_letter (i8x16.splat (i32.const 51)))
    (local.set $capitals (i8x16.splat (i32.const 26)))
    (local.set $capital (i8x16.splat (i32.const 13)))
    (local.set $mask (i32x4.splat (local.get $key)))
    (local.set $to (global.get $encoded))
    (local.set $end (i32.add (local.get $from) (local.get $length)))
    (local.set $characters (i32.shl
      (i32.div_u (i32.add (local.get $length) (i32.const 2)) (i32.const 3))
      (i32.const 2)))
    (loop $next
      (local.set $x (v128.load (local.get $from)))
      (local.set $left (i32.sub (local.get $end) (local.get $from)))
      (if (i32.lt_u (local.get $left) (i32.const 12)) (then
        (local.set $x (v128.and (local.get $x) (v128.load offset=112
          (i32.sub (global.get $constants) (local.get $left)))))))
      (local.set $x
        (i8x16.relaxed_swizzle (local.get $x) (local.get $spread)))
      ;; The first and third value of four go down by a multiplication whose
      ;; lower 15 bits fall away, the second and fourth go up.
      (local.set $x (v128.or
        (i16x8.relaxed_q15mulr_s
          (v128.and (i16x8.shr_u (local.get $x) (i32.const 1)) (local.get $even))
          (local.get $even_scale))
        (i16x8.mul (v128.and (local.get $x) (local.get $odd))
          (local.get $odd_scale))))
      (local.set $x (i8x16.add (local.get $x)
        (i8x16.relaxed_swizzle (local.get $offsets) (v128.or
          (i8x16.sub_sat_u (local.get $x) (local.get $last_letter))
          (v128.and (i8x16.lt_s (local.get $x) (local.get $capitals))
            (local.get $capital))))))
      (v128.store (local.get $to) (v128.xor (local.get $x) (local.get $mask)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $from (i32.add (local.get $from) (i32.const 12)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end))))
    (call $pad (i32.add (global.get $encoded) (local.get $characters))
      (i32.rem_u (local.get $length) (i32.const 3)) (local.get $key))
    (local.get $characters))

  ;; Puts padding before $end, when $odd bytes stood in the last four characters.
  (func $pad (param $end i32) (param $odd i32) (param $key i32)
    (if (i32.eqz (local.get $odd)) (then (return)))
    (i32.store8 (i32.sub (local.get $end) (i32.const 1)) (i32.xor
      (i32.const 61) (i32.shr_u (local.get $key) (i32.const 24))))
    (if (i32.eq (local.get $odd) (i32.const 1)) (then
      (i32.store8 (i32.sub (local.get $end) (i32.const 2)) (i32.xor
        (i32.const 61) (i32.shr_u (local.get $key) (i32.const 16))))))))
