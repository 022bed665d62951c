use super::ResponderUrl;
use temoin_protocol::{RegisterRequest, StatusAnswer, StatusRequest};

/// An HTTP request, byte for byte. It can be built only from one of the protocol's requests, and
/// these only from IDs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpRequest {
    head: String,
    body: Vec<u8>,
    answer_size: usize,
}

impl HttpRequest {
    /// Asks the responder at `base` to bind an ID to the session that the request comes through.
    pub fn register(request: &RegisterRequest, base: &ResponderUrl) -> Self {
        Self::new(base, RegisterRequest::PATH, request.to_bytes().to_vec(), 0)
    }

    /// Asks the responder at `base` for the status of IDs.
    pub fn status(request: &StatusRequest, base: &ResponderUrl) -> Self {
        Self::new(base, StatusRequest::PATH, request.to_bytes().to_vec(), StatusAnswer::SIZE)
    }

    fn new(base: &ResponderUrl, path: &str, body: Vec<u8>, answer_size: usize) -> Self {
        // The same for every box and version: PROTOCOL.md, "HTTP interface".
        let head = format!(
            "POST {}{path} HTTP/1.1\r\n\
             Host: {}\r\n\
             Content-Type: application/octet-stream\r\n\
             Content-Length: {}\r\n\
             Connection: close\r\n\
             \r\n",
            base.path(),
            base.authority(),
            body.len(),
        );
        Self { head, body, answer_size }
    }

    /// The request line and header fields, including the final empty line.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Head and body.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }

    /// The body size of a successful answer, in bytes.
    pub(super) fn answer_size(&self) -> usize {
        self.answer_size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use temoin_protocol::SessionId;

    #[test]
    fn a_call_has_the_five_lines_of_the_protocol_and_no_other() {
        let base: ResponderUrl = "https://temoin.example.org:8443/isp".parse().unwrap();
        let id = SessionId::from_bytes([7; 32]);
        let register = HttpRequest::register(&RegisterRequest::new(id), &base);
        assert_eq!(
            register.head(),
            "POST /isp/temoin/2/register HTTP/1.1\r\nHost: temoin.example.org:8443\r\n\
             Content-Type: application/octet-stream\r\nContent-Length: 32\r\n\
             Connection: close\r\n\r\n"
        );
        assert_eq!(register.body(), [7; 32]);
        let fillers: [[u8; 32]; 65] = std::array::from_fn(|place| [place.try_into().unwrap(); 32]);
        let request = StatusRequest::new(&[], &fillers).unwrap();
        let status = HttpRequest::status(&request, &base);
        let lines: Vec<&str> = status.head().split("\r\n").collect();
        assert_eq!(
            (lines[0], lines[3]),
            ("POST /isp/temoin/2/status HTTP/1.1", "Content-Length: 2080")
        );
        assert_eq!(status.to_bytes().len(), status.head().len() + 2080);
    }
}
