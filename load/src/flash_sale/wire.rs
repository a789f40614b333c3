//! One kept-alive HTTP/1.1 connection, as cheap as can be: a request is bytes made beforehand, of
//! an answer only the status and the body are looked at. For measuring our own server, whose
//! answers say their length; not a client for strangers.

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest answer read; an order is under 1 KiB.
const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// A connection with room for an answer.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
pub(crate) struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Its body.
    pub body: &'a [u8],
}

impl Line {
    /// Connects to `http://host:port`.
    pub(crate) async fn open(url: &str) -> Result<Line> {
        let stream = TcpStream::connect(address(url)?).await?;
        stream.set_nodelay(true)?;
        Ok(Line {
            stream,
            buffer: Vec::with_capacity(2_048),
        })
    }

    /// Sends a request and waits for the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server hung up");
            ensure!(self.buffer.len() < ANSWER_BYTES_MAX, "a very long answer");
            if let Some((status, body)) = parse(&self.buffer)? {
                let body = &self.buffer[body..];
                return Ok(Answer { status, body });
            }
        }
    }
}

/// `host:port` of an address.
pub(crate) fn address(url: &str) -> Result<&str> {
    url.strip_prefix("http://")
        .context("only plain HTTP is spoken here")
}

/// Status and where the body begins, once all of it is there.
fn parse(answer: &[u8]) -> Result<Option<(u16, usize)>> {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&answer[..head]).context("a head that is no text")?;
    let status = text.get(9..12).context("a status line")?.parse()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim())
    });
    let length: usize = length.context("an answer without a length")?.parse()?;
    let body = head + 4;
    Ok((answer.len() >= body + length).then_some((status, body)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(parse(whole).unwrap(), Some((201, whole.len() - 2)));
        for cut in [5, 30, whole.len() - 1] {
            assert_eq!(parse(&whole[..cut]).unwrap(), None, "{cut} bytes");
        }
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "no length");
    }
}
