"""The Rust of a library: what its users see."""

from __future__ import annotations

from wherever.bind.c.header import ERRORS
from wherever.bind.native.surface import pascal
from wherever.bind.rust import declared
from wherever.bind.rust.calling import Calling
from wherever.bind.rust.declared import docs
from wherever.bind.rust.spelling import Spelling, method, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface

_HEAD = """\
#![allow(dead_code, unused_imports, unused_mut, unused_unsafe, unused_variables, clippy::all)]
#![deny(unsafe_op_in_unsafe_fn)]

mod ffi;
mod support;

use std::ffi::{{c_int, c_void}};
use std::sync::Arc;
use std::time::Duration;
use support::{{called_back, char_of, dropped, slice, text_of, Call, Given, Lent, State}};

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorKind {{
{kinds}}}

/// What went wrong, when it was no error that the library's own functions tell of.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {{
    kind: ErrorKind,
    message: String,
}}

impl Error {{
    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {{
        self.kind
    }}
    /// What went wrong, in words.
    pub fn message(&self) -> &str {{
        &self.message
    }}
    fn said(kind: ErrorKind, message: &str) -> Error {{
        Error {{ kind, message: message.to_owned() }}
    }}
    fn new(code: c_int, message: &std::ffi::CStr) -> Error {{
        let kind = match code {{
{codes}            _ => ErrorKind::System,
        }};
        Error {{ kind, message: message.to_string_lossy().into_owned() }}
    }}
}}

impl std::fmt::Display for Error {{
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{
        to.write_str(&self.message)
    }}
}}

impl std::error::Error for Error {{}}

/// Why a function gave nothing that returns a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure<E> {{
    /// It returned an error.
    Returned(E),
    /// It did not come to its end.
    Broken(Error),
}}

impl<E> From<Error> for Failure<E> {{
    fn from(error: Error) -> Failure<E> {{
        Failure::Broken(error)
    }}
}}

impl<E: std::fmt::Debug> std::fmt::Display for Failure<E> {{
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{
        match self {{
            Failure::Returned(error) => write!(to, "{{error:?}}"),
            Failure::Broken(error) => to.write_str(&error.message),
        }}
    }}
}}

impl<E: std::fmt::Debug> std::error::Error for Failure<E> {{}}

/// How an instance is limited; 0 is the library's own choice.
#[derive(Default)]
#[non_exhaustive]
pub struct Options {{
    memory_limit: u64,
    stack_limit: u64,
    timeout: Duration,
    output: Option<Box<dyn FnMut(i32, &str) + Send>>,
}}

impl Options {{
    /// The library's own choices.
    pub fn new() -> Options {{
        Options::default()
    }}
    /// Bytes of memory that it may have: 1 GiB where nothing is said.
    pub fn memory_limit(mut self, bytes: u64) -> Options {{
        self.memory_limit = bytes;
        self
    }}
    /// Bytes of the thread's stack that a call may use: 1 MiB where nothing is said.
    pub fn stack_limit(mut self, bytes: u64) -> Options {{
        self.stack_limit = bytes;
        self
    }}
    /// How long a call may take: as long as it takes, where nothing is said.
    pub fn timeout(mut self, time: Duration) -> Options {{
        self.timeout = time;
        self
    }}
    /// Gets what the library prints to stdout (1) and stderr (2).
    pub fn output(mut self, output: impl FnMut(i32, &str) + Send + 'static) -> Options {{
        self.output = Some(Box::new(output));
        self
    }}
}}

/// One instance of the library, with memory of its own. Calls of several threads take turns.
#[derive(Clone)]
pub struct Library {{
    state: Arc<State>,
}}

impl Library {{
    /// Opens an instance.
    pub fn open(options: Options, imports: Imports) -> Result<Library, Error> {{
        let state = State::open(options, imports, callbacks)?;
        Ok(Library {{ state }})
    }}
    /// Begins anew: what the library has in memory, and its resources, are gone.
    pub fn reset(&self) -> Result<(), Error> {{
        let mut call = self.state.call()?;
        let code = unsafe {{ ffi::reset(call.handle()) }};
        call.given.inner().turn += 1;
        call.check(code)
    }}
    /// Ends the call that is under way, from any thread.
    pub fn interrupt(&self) {{
        self.state.interrupt();
    }}
    /// Changes how long a call may take; 0 for as long as it takes.
    pub fn set_timeout(&self, time: Duration) -> Result<(), Error> {{
        let mut call = self.state.call()?;
        let code = unsafe {{ ffi::set_timeout(call.handle(), support::millis(time)) }};
        call.check(code)
    }}
"""


def library(surface: Surface, spelling: Spelling) -> str:
    """`lib.rs`."""
    kinds, codes = "", ""
    for code, (name, meaning) in enumerate(ERRORS[1:], 1):
        kinds += f"    /// {meaning.format(own=surface.own)}\n    {pascal(name)} = {code},\n"
        codes += f"            {code} => ErrorKind::{pascal(name)},\n"
    told = surface.library
    about = f"{told.name} {told.version}, {told.digest}. Made by `wherever bind`."
    lines = [*(f"//! {line}".rstrip() for line in told.description.splitlines()), "//!"]
    lines = [
        *(lines if told.description else []),
        f"//! {about}",
        _HEAD.format(kinds=kinds, codes=codes),
    ]
    calling = Calling(surface, spelling)
    groups: list[str] = []
    for scope, members in surface.scopes():
        if not scope:
            for member in members:
                lines += calling.function(member)
            continue
        name = spelling.unique.free(pascal(scope))
        lines += [
            f"    /// The functions of {scope}.",
            f"    pub fn {method(scope)}(&self) -> {name}<'_> {{",
            f"        {name} {{ state: &self.state }}",
            "    }",
        ]
        groups += [
            f"/// The functions of {scope}.",
            "#[derive(Clone, Copy)]",
            f"pub struct {name}<'a> {{",
            "    state: &'a Arc<State>,",
            "}",
            "",
            f"impl {name}<'_> {{",
        ]
        for member in members:
            groups += calling.function(member)
        groups += ["}", ""]
    lines += ["}", "", *groups]
    for kind in surface.types:
        lines += declared.type_of(surface, spelling, kind)
    for kind in surface.ours:
        lines += calling.resource(kind)
    lines += _imports(surface, spelling)
    lines += calling.callbacks()
    for kind in surface.types:
        lines += spelling.functions(kind)
    return "\n".join([*lines, ""])


def _imports(surface: Surface, spelling: Spelling) -> list[str]:
    lines = [
        "/// What the library calls. A callback that panics goes on panicking behind the call.",
        "#[derive(Default)]",
        "#[non_exhaustive]",
        "pub struct Imports {",
    ]
    setters = []
    for member in surface.callbacks:
        function, name = member.function, word(surface.callback(member))
        params = ", ".join(spelling.type(kind) for _, kind in function.params)
        result = spelling.type(function.result)
        arrow = f" -> {result}" if function.result is not None else ""
        lines.append(f"    {name}: Option<Box<dyn FnMut({params}){arrow} + Send>>,")
        setters += [
            *docs(function.docs, "    "),
            f"    pub fn {method(surface.callback(member))}(mut self, callback:"
            f" impl FnMut({params}){arrow} + Send + 'static) -> Imports {{",
            f"        self.{name} = Some(Box::new(callback));",
            "        self",
            "    }",
        ]
    return [
        *lines,
        "}",
        "",
        "impl Imports {",
        "    /// None yet.",
        "    pub fn new() -> Imports {",
        "        Imports::default()",
        "    }",
        *setters,
        "}",
        "",
    ]
