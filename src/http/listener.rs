use std::fmt;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::poll::PollFlags;
use nix::sys::socket::{Shutdown, shutdown};

use super::request::Peer;

/// Where a server listens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Address {
    /// A Unix socket, for a reverse proxy that authenticates the user.
    Unix(PathBuf),
    /// A port on the loopback interface. Every program on the machine can reach it.
    Loopback(SocketAddr),
    /// A port that other machines can reach.
    Network(SocketAddr),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Loopback(address) | Self::Network(address) => address.fmt(f),
        }
    }
}

/// A bound address that accepts connections. Dropping it removes the file of a Unix socket.
pub struct Listener {
    socket: BoundSocket,
    address: Address,
}

enum BoundSocket {
    /// With the function that wraps each accepted connection.
    Network(TcpListener, Box<StreamWrapper>),
    Tcp(TcpListener),
    /// With the file's device and inode number.
    Unix(UnixListener, (u64, u64)),
}

/// Wraps a non-blocking stream, for example in TLS.
type StreamWrapper = dyn Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send;

impl Listener {
    /// Binds an address. A Unix socket gets mode 0660; a stale socket file is replaced. The directory must
    /// exist and is not changed.
    ///
    /// # Errors
    /// [`BindError`], which names the address and the remedy.
    pub fn bind(address: &Address) -> Result<Self, BindError> {
        let failed = |error| BindError::Failed(address.clone(), error);
        match address {
            Address::Unix(path) => {
                check_path_free(path)?;
                let socket = bind_unix(path).map_err(failed)?;
                Ok(Self { socket, address: address.clone() })
            }
            Address::Loopback(loopback) if loopback.ip().is_loopback() => {
                let (listener, bound) = bind_tcp(*loopback).map_err(failed)?;
                Ok(Self { socket: BoundSocket::Tcp(listener), address: Address::Loopback(bound) })
            }
            Address::Loopback(other) | Address::Network(other) => {
                Err(BindError::NotLoopback(*other))
            }
        }
    }

    /// Binds an address that other machines can reach; `wrap` adds TLS to each connection.
    ///
    /// # Errors
    /// [`BindError::Failed`], which names the address.
    pub fn bind_network(
        address: SocketAddr,
        wrap: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + 'static,
    ) -> Result<Self, BindError> {
        let (listener, bound) = bind_tcp(address)
            .map_err(|error| BindError::Failed(Address::Network(address), error))?;
        let socket = BoundSocket::Network(listener, Box::new(wrap));
        Ok(Self { socket, address: Address::Network(bound) })
    }

    /// The bound address, with the actual port if port 0 was requested.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection, non-blocking; an error of kind `WouldBlock` when there is none.
    pub(super) fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        match &self.socket {
            BoundSocket::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok((Box::new(stream), Peer::Socket))
            }
            BoundSocket::Tcp(listener) => {
                let (stream, address) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok((Box::new(stream), Peer::Network(address)))
            }
            BoundSocket::Network(listener, wrap) => {
                let (stream, address) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok((wrap(stream)?, Peer::Network(address)))
            }
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.address).finish()
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            BoundSocket::Unix(listener, _) => listener.as_fd(),
            BoundSocket::Network(listener, _) | BoundSocket::Tcp(listener) => listener.as_fd(),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let (BoundSocket::Unix(_, own), Address::Unix(path)) = (&self.socket, &self.address) {
            // Another server may have put its own socket there since.
            if identity(path).is_ok_and(|found| found == *own) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// A non-blocking connection.
pub trait Stream: AsFd + Read + Send + Write {
    /// Signals the end of the response to the client.
    ///
    /// # Errors
    /// The system's error; `WouldBlock` means to retry later.
    fn finish(&mut self) -> io::Result<()> {
        Ok(shutdown(self.as_fd().as_raw_fd(), Shutdown::Write)?)
    }

    /// The poll events to wait for on the socket, given those that the connection waits for.
    fn interest(&self, connection: PollFlags) -> PollFlags {
        connection
    }
}

impl Stream for TcpStream {}
impl Stream for UnixStream {}

/// Why an address cannot be bound.
#[derive(Debug)]
pub enum BindError {
    /// Another server listens on this socket.
    InUse(PathBuf),
    /// The path exists and is not a socket.
    NotSocket(PathBuf),
    /// Not an address of the loopback interface.
    NotLoopback(SocketAddr),
    /// The system refused.
    Failed(Address, io::Error),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(path) => write!(
                f,
                "{}: another program serves this socket; stop it, or choose another path",
                path.display()
            ),
            Self::NotSocket(path) => write!(
                f,
                "{}: something that is no socket is there; move it away, or choose another path",
                path.display()
            ),
            Self::NotLoopback(address) => write!(
                f,
                "{address}: only this machine is served; use 127.0.0.1 or [::1], or the path of a \
                 socket"
            ),
            Self::Failed(address, error) => {
                write!(f, "{address}: cannot serve there: {error}")
            }
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(_, error) => Some(error),
            Self::InUse(_) | Self::NotSocket(_) | Self::NotLoopback(_) => None,
        }
    }
}

/// Checks that the path is free or holds only a stale socket.
fn check_path_free(path: &Path) -> Result<(), BindError> {
    let failed = |error| BindError::Failed(Address::Unix(path.to_owned()), error);
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Err(BindError::NotSocket(path.to_owned())),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => Err(BindError::InUse(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
            Err(error) => Err(failed(error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// Binds under a temporary name and renames the socket once its mode is set, so that the path never shows
/// a socket with the wrong mode.
fn bind_unix(path: &Path) -> io::Result<BoundSocket> {
    let mut name = path.as_os_str().to_owned();
    name.push("~");
    let name = PathBuf::from(name);
    match fs::symlink_metadata(&name) {
        Ok(left) if left.file_type().is_socket() => fs::remove_file(&name)?,
        _ => {}
    }
    let listener = UnixListener::bind(&name)?;
    listener.set_nonblocking(true)?;
    let moved = fs::set_permissions(&name, Permissions::from_mode(0o660))
        .and_then(|()| fs::rename(&name, path))
        .and_then(|()| identity(path));
    if moved.is_err() {
        let _ = fs::remove_file(&name);
    }
    Ok(BoundSocket::Unix(listener, moved?))
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    use std::os::unix::net::UnixListener;

    use super::{Address, BindError, Listener};

    #[test]
    fn a_socket_is_made_for_owner_and_group_and_goes_with_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.sock");
        let mode_before = fs::metadata(folder.path()).unwrap().permissions().mode();
        let listener = Listener::bind(&Address::Unix(path.clone())).unwrap();
        let found = fs::symlink_metadata(&path).unwrap();
        assert!(found.file_type().is_socket());
        assert_eq!(found.permissions().mode() & 0o7777, 0o660);
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode(), mode_before);
        drop(listener);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_socket_that_somebody_serves_is_left_alone_and_one_that_nobody_does_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.sock");
        let other = UnixListener::bind(&path).unwrap();
        let refused = Listener::bind(&Address::Unix(path.clone()));
        assert!(matches!(refused, Err(BindError::InUse(_))), "{refused:?}");
        drop(other);
        let listener = Listener::bind(&Address::Unix(path.clone())).unwrap();
        fs::remove_file(&path).unwrap();
        let _successor = UnixListener::bind(&path).unwrap();
        drop(listener);
        assert!(path.exists(), "a successor's socket was removed");
    }

    #[test]
    fn what_is_no_socket_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.sock");
        fs::write(&path, "precious").unwrap();
        let refused = Listener::bind(&Address::Unix(path.clone()));
        assert!(matches!(refused, Err(BindError::NotSocket(_))), "{refused:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn an_address_that_others_can_reach_is_refused() {
        for text in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80", "[2001:db8::1]:80"] {
            let refused = Listener::bind(&Address::Loopback(text.parse().unwrap()));
            assert!(matches!(refused, Err(BindError::NotLoopback(_))), "{refused:?}");
        }
        let bound = Listener::bind(&Address::Loopback("127.0.0.1:0".parse().unwrap())).unwrap();
        assert!(matches!(bound.address(), Address::Loopback(address) if address.port() != 0));
    }
}
