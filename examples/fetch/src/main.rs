//! `fetch URL [FILE]`: what a URL leads to, on stdout or in a file, as it comes.

use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;

use wasip2::http::outgoing_handler;
use wasip2::http::types::{ErrorCode, Fields, IncomingResponse, OutgoingRequest, Scheme};
use wasip2::io::streams::StreamError;

const MOST_REDIRECTS: usize = 10;
const PIECE: u64 = 65536;

/// A URL, taken apart.
struct Url<'a> {
    scheme: Scheme,
    authority: &'a str,
    target: &'a str,
}

fn parsed(url: &str) -> Result<Url<'_>, String> {
    let (scheme, rest) = match url.split_once("://") {
        Some(("http", rest)) => (Scheme::Http, rest),
        Some(("https", rest)) => (Scheme::Https, rest),
        Some((other, _)) => return Err(format!("{url}: {other} is neither http nor https")),
        None => return Err(format!("{url}: it is no URL, such as https://example.com/")),
    };
    let rest = rest.split('#').next().unwrap_or(rest);
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest.split_at(at) {
        ("", _) => Err(format!("{url}: it names no host")),
        (authority, "") => Ok(Url { scheme, authority, target: "/" }),
        (authority, target) => Ok(Url { scheme, authority, target }),
    }
}

fn asked(url: &Url) -> Result<IncomingResponse, ErrorCode> {
    let headers = Fields::new();
    let _ = headers.append("accept", b"*/*");
    let request = OutgoingRequest::new(headers);
    let _ = request.set_scheme(Some(&url.scheme));
    let _ = request.set_authority(Some(url.authority));
    let _ = request.set_path_with_query(Some(url.target));
    let future = outgoing_handler::handle(request, None)?;
    future.subscribe().block();
    future.get().expect("it is ready").expect("it is taken once")
}

/// Where a response sends its reader on to, if anywhere.
fn redirect(response: &IncomingResponse, from: &Url) -> Option<String> {
    if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = String::from_utf8(response.headers().get("location").first()?.clone()).ok()?;
    let scheme = if matches!(from.scheme, Scheme::Http) { "http" } else { "https" };
    Some(match to.as_str() {
        full if full.contains("://") => full.to_string(),
        beside if beside.starts_with("//") => format!("{scheme}:{beside}"),
        path if path.starts_with('/') => format!("{scheme}://{}{path}", from.authority),
        path => {
            let plain = from.target.split('?').next().unwrap_or("/");
            let folder = &plain[..=plain.rfind('/').unwrap_or(0)];
            format!("{scheme}://{}{folder}{path}", from.authority)
        }
    })
}

fn copied(response: &IncomingResponse, out: &mut dyn Write) -> Result<(), String> {
    let body = response.consume().expect("it is consumed once");
    let stream = body.stream().expect("it is read once");
    loop {
        match stream.blocking_read(PIECE) {
            Ok(piece) => out.write_all(&piece).map_err(|error| error.to_string())?,
            Err(StreamError::Closed) => return out.flush().map_err(|error| error.to_string()),
            Err(_) => return Err("the answer broke off".to_string()),
        }
    }
}

fn fetched(url: &str, file: Option<&str>) -> Result<(), String> {
    let mut url = url.to_string();
    for _ in 0..=MOST_REDIRECTS {
        let place = parsed(&url)?;
        let response = asked(&place).map_err(|error| format!("{url}: {error:?}"))?;
        if let Some(next) = redirect(&response, &place) {
            url = next;
            continue;
        }
        if response.status() >= 400 {
            return Err(format!("{url}: the answer is {}", response.status()));
        }
        return match file {
            Some(path) => {
                let mut out = File::create(path).map_err(|error| format!("{path}: {error}"))?;
                copied(&response, &mut out)
            }
            None => copied(&response, &mut io::stdout().lock()),
        };
    }
    Err(format!("{url}: there are more than {MOST_REDIRECTS} redirects"))
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.as_slice() {
        [url] => fetched(url, None),
        [url, file] => fetched(url, Some(file)),
        _ => Err("usage: fetch URL [FILE]".to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("fetch: {why}");
            ExitCode::FAILURE
        }
    }
}
