"""A guest that answers HTTP by the plain interface, written as text: no toolchain is needed."""

from __future__ import annotations

SITE = """\
(component
  (core module $core
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    (data (i32.const 64) "%s")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at))
    (func (export "handle")
      (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (i32.store16 (i32.const 16) (i32.const 200))
      (i32.store (i32.const 28) (i32.const 64))
      (i32.store (i32.const 32) (i32.const %d))
      (i32.const 16)))
  (core instance $made (instantiate $core))
  (type $fields (list (tuple string string)))
  (type $request (record
    (field "method" string) (field "scheme" string) (field "authority" string)
    (field "target" string) (field "client" string) (field "headers" $fields)
    (field "params" $fields) (field "body" (list u8))))
  (type $response (record
    (field "status" u16) (field "headers" $fields) (field "body" (list u8))))
  (func $handle (param "request" $request) (result $response)
    (canon lift (core func $made "handle") (memory (core memory $made "memory"))
      (realloc (core func $made "realloc"))))
  (component $named
    (type $fields (list (tuple string string)))
    (type $plain-request (record
      (field "method" string) (field "scheme" string) (field "authority" string)
      (field "target" string) (field "client" string) (field "headers" $fields)
      (field "params" $fields) (field "body" (list u8))))
    (type $plain-response (record
      (field "status" u16) (field "headers" $fields) (field "body" (list u8))))
    (import "import-request" (type $request (eq $plain-request)))
    (import "import-response" (type $response (eq $plain-response)))
    (import "import-handle" (func $handle (param "request" $request) (result $response)))
    (export $out-request "request" (type $request))
    (export $out-response "response" (type $response))
    (export "handle" (func $handle)
      (func (param "request" $out-request) (result $out-response))))
  (instance $handler (instantiate $named
    (with "import-request" (type $request))
    (with "import-response" (type $response))
    (with "import-handle" (func $handle))))
  (export "wherever:http/handler@0.1.0" (instance $handler)))
"""


def site(text: str) -> str:
    """A component that answers every request with these words of ASCII."""
    return SITE % (text, len(text))
