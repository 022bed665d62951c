use super::head::Head;

/// A request that is whole.
#[derive(Debug)]
pub struct Request {
    /// What is asked for.
    pub head: Head,
    /// Whether it came by a Unix socket, before which a web server stands.
    pub by_socket: bool,
}
