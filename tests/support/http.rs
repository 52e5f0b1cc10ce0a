//! A minimal HTTP client: it sends requests byte for byte and returns complete responses.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The header's value, or an empty string if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }
}

pub(crate) fn get(address: SocketAddr, path: &str) -> io::Result<Response> {
    request(address, "GET", path, &[])
}

/// Sends a GET request and does not read the response.
pub(crate) fn open(address: SocketAddr, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())?;
    Ok(stream)
}

pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> io::Result<Response> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        text += &format!("Host: {address}\r\n");
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    raw(address, (text + "\r\n").as_bytes(), method == "HEAD")
}

/// Sends `request` unchanged. The length of the response's body must match its headers; with `is_head`, as after HEAD, it must be empty.
pub(crate) fn raw(address: SocketAddr, request: &[u8], is_head: bool) -> io::Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(15)))?;
    // A server that refuses early may have closed its side already.
    let sent = stream.write_all(request);
    let mut all = Vec::new();
    if let Err(error) = stream.read_to_end(&mut all)
        && all.is_empty()
    {
        return Err(error);
    }
    let response = parse(&all, is_head).ok_or(io::ErrorKind::UnexpectedEof);
    response.map_err(|kind| sent.err().unwrap_or(kind.into()))
}

fn parse(all: &[u8], is_head: bool) -> Option<Response> {
    let end = all.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&all[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let mut response = Response { status, headers, body: all[end + 4..].to_vec() };
    if response.header("transfer-encoding") == "chunked" && !is_head {
        response.body = decode_chunked(&response.body)?;
    }
    let length = response.header("content-length").parse::<usize>().ok();
    let bare = is_head || status == 304 || status == 204;
    let is_complete =
        if bare { response.body.is_empty() } else { length.is_none_or(|n| n == response.body.len()) };
    is_complete.then_some(response)
}

/// Decodes a chunked body; `None` if its last chunk is missing (RFC 9112, §7.1).
fn decode_chunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        rest = &rest[end + 2..];
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..length)?);
        rest = rest.get(length + 2..)?;
    }
}
