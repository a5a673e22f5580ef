//! What makes requests and answers pleasant to have.

#![allow(dead_code)]

use crate::world::wherever_http_handler::{Request, Response};

impl Request {
    /// The path as it was sent: `%20` is a blank that is not decoded yet.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or("")
    }

    /// The first value of a name in the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let (_, value) = pairs.find(|(own, _)| decoded(own) == name)?;
        Some(decoded(value))
    }

    /// The first value of a header, whose name is written in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// What the route's parameter of a name has matched.
    pub fn param(&self, name: &str) -> Option<&str> {
        find(&self.params, name)
    }
}

impl Response {
    /// An answer: its status, the type of its body, and the body.
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Response {
        let headers = vec![("content-type".to_string(), kind.to_string())];
        Response {
            status,
            headers,
            body: body.into(),
        }
    }

    /// The answer with one more header, whose name is written in lower case.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.push((name.to_string(), value.into()));
        self
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = pairs.iter().find(|(own, _)| own == name)?;
    Some(value)
}

/// A part of a query without its escapes: `%41` is an A, and `+` a blank.
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut made = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let digits = hex.filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                made.push(byte);
                at += 3;
            }
            None => {
                made.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&made).into_owned()
}

/// A text as it may stand in HTML, in elements and in quoted attributes.
pub fn escaped(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => made.push_str("&amp;"),
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '"' => made.push_str("&quot;"),
            '\'' => made.push_str("&#39;"),
            _ => made.push(letter),
        }
    }
    made
}
