;; Answers `wasi_snapshot_preview1` by itself, for language runtimes that ask for WASI before a plugin does anything.
;; A plugin that is adapted with this imports nothing of it.
;;
;; There is no file, no argument and no environment. What is written to any file descriptor is swallowed. Time starts at
;; nought and goes on by a microsecond each time somebody looks, so that nothing waits for ever. Random bytes are always
;; the same: never make secrets out of them.
(module
  (import "env" "memory" (memory 0))

  ;; Preview 1 error numbers.
  (global $success i32 (i32.const 0))
  (global $badf i32 (i32.const 8))
  (global $nosys i32 (i32.const 52))

  (global $now (mut i64) (i64.const 0))
  (global $random (mut i64) (i64.const 0x9e3779b97f4a7c15))

  ;; The adapter brings no stack and no start of its own.
  (func (export "cabi_import_realloc") (param i32 i32 i32 i32) (result i32) unreachable)

  (func $tick (result i64)
    (global.set $now (i64.add (global.get $now) (i64.const 1000)))
    (global.get $now))

  ;; xorshift64 (Marsaglia 2003).
  (func $next (result i64)
    (global.set $random (i64.xor (global.get $random) (i64.shl (global.get $random) (i64.const 13))))
    (global.set $random (i64.xor (global.get $random) (i64.shr_u (global.get $random) (i64.const 7))))
    (global.set $random (i64.xor (global.get $random) (i64.shl (global.get $random) (i64.const 17))))
    (global.get $random))

  ;; Writes two zeros: how many there are, and how many bytes they take.
  (func $none (param $count i32) (param $bytes i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    (global.get $success))
  (func (export "args_sizes_get") (param i32 i32) (result i32) (call $none (local.get 0) (local.get 1)))
  (func (export "environ_sizes_get") (param i32 i32) (result i32) (call $none (local.get 0) (local.get 1)))
  (func (export "args_get") (param i32 i32) (result i32) (global.get $success))
  (func (export "environ_get") (param i32 i32) (result i32) (global.get $success))

  (func (export "clock_time_get") (param $clock i32) (param $precision i64) (param $time i32) (result i32)
    (i64.store (local.get $time) (call $tick))
    (global.get $success))
  (func (export "clock_res_get") (param $clock i32) (param $resolution i32) (result i32)
    (i64.store (local.get $resolution) (i64.const 1000))
    (global.get $success))

  (func (export "random_get") (param $at i32) (param $length i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (i32.store8 (local.get $at) (i32.wrap_i64 (call $next)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $more)))
    (global.get $success))

  ;; Says that all of the pieces were written.
  (func (export "fd_write") (param $fd i32) (param $pieces i32) (param $count i32) (param $written i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $pieces))))
        (local.set $pieces (i32.add (local.get $pieces) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $more)))
    (i32.store (local.get $written) (local.get $sum))
    (global.get $success))

  ;; Every subscription is ready at once: an event has the subscription's user data, no error and its kind.
  (func (export "poll_oneoff") (param $in i32) (param $out i32) (param $count i32) (param $ready i32) (result i32)
    (i32.store (local.get $ready) (local.get $count))
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $count)))
        (i64.store (local.get $out) (i64.load (local.get $in)))
        (i64.store offset=8 (local.get $out) (i64.const 0))
        (i32.store8 offset=10 (local.get $out) (i32.load8_u offset=8 (local.get $in)))
        (i64.store offset=16 (local.get $out) (i64.const 0))
        (i64.store offset=24 (local.get $out) (i64.const 0))
        (local.set $in (i32.add (local.get $in) (i32.const 48)))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $more)))
    (global.get $success))
  (func (export "sched_yield") (result i32) (global.get $success))
  (func (export "proc_exit") (param i32) unreachable)

  ;; No descriptor is open.
  (func (export "fd_close") (param i32) (result i32) (global.get $badf))
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) (global.get $badf))
  (func (export "fd_fdstat_set_flags") (param i32 i32) (result i32) (global.get $badf))
  (func (export "fd_filestat_get") (param i32 i32) (result i32) (global.get $badf))
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (global.get $badf))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (global.get $badf))
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32) (global.get $badf))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (global.get $badf))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (global.get $nosys))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (global.get $nosys))

  ;; Go's bindings ask adapters for this while the runtime allocates.
  (func (export "adapter_monotonic_clock_set_paused") (param i32)))
