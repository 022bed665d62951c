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
    /// A Unix socket, for the web server that stands before this one and says who is there.
    Unix(PathBuf),
    /// A port of this machine's loopback interface. Every program on the machine can reach it.
    Loopback(SocketAddr),
    /// A port that others can reach.
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

/// A bound address from which connections are taken. A Unix socket's file goes when it is dropped.
pub struct Listener {
    socket: Socket,
    address: Address,
}

enum Socket {
    /// With what makes a connection of one that has just been taken.
    Network(TcpListener, Box<Wrap>),
    Tcp(TcpListener),
    /// With the device and number of the file.
    Unix(UnixListener, (u64, u64)),
}

/// Makes a connection of a non-blocking stream, such as one by TLS.
type Wrap = dyn Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send;

impl Listener {
    /// Binds an address. A Unix socket gets mode 0660; one that is left over, with nobody behind it,
    /// is replaced. Its directory must exist and is left as it is.
    ///
    /// # Errors
    /// [`BindError`], which names the address and the remedy.
    pub fn bind(address: &Address) -> Result<Self, BindError> {
        let failed = |error| BindError::Failed(address.clone(), error);
        match address {
            Address::Unix(path) => {
                refuse_taken(path)?;
                let socket = bind_unix(path).map_err(failed)?;
                Ok(Self { socket, address: address.clone() })
            }
            Address::Loopback(loopback) if loopback.ip().is_loopback() => {
                let (listener, bound) = bind_tcp(*loopback).map_err(failed)?;
                Ok(Self { socket: Socket::Tcp(listener), address: Address::Loopback(bound) })
            }
            Address::Loopback(other) | Address::Network(other) => {
                Err(BindError::NotLoopback(*other))
            }
        }
    }

    /// Binds an address that others can reach, to talk to them as `wrap` makes it: by TLS.
    ///
    /// # Errors
    /// [`BindError::Failed`], which names the address.
    pub fn bind_network(
        address: SocketAddr,
        wrap: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + 'static,
    ) -> Result<Self, BindError> {
        let (listener, bound) = bind_tcp(address)
            .map_err(|error| BindError::Failed(Address::Network(address), error))?;
        let socket = Socket::Network(listener, Box::new(wrap));
        Ok(Self { socket, address: Address::Network(bound) })
    }

    /// What was bound: where port 0 was asked for, the port that was found.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection, non-blocking; an error of kind `WouldBlock` when there is none.
    pub(super) fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        match &self.socket {
            Socket::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok((Box::new(stream), Peer::Socket))
            }
            Socket::Tcp(listener) => {
                let (stream, address) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok((Box::new(stream), Peer::Network(address)))
            }
            Socket::Network(listener, wrap) => {
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
            Socket::Unix(listener, _) => listener.as_fd(),
            Socket::Network(listener, _) | Socket::Tcp(listener) => listener.as_fd(),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let (Socket::Unix(_, own), Address::Unix(path)) = (&self.socket, &self.address) {
            // Another server may have put its own socket there since.
            if identity(path).is_ok_and(|found| found == *own) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// A non-blocking connection.
pub trait Stream: AsFd + Read + Send + Write {
    /// Tells the other side that all is sent.
    ///
    /// # Errors
    /// Whatever the system says; of kind `WouldBlock` where it is to be tried again.
    fn finish(&mut self) -> io::Result<()> {
        Ok(shutdown(self.as_fd().as_raw_fd(), Shutdown::Write)?)
    }

    /// What the socket has to be ready for before the connection is.
    fn awaits(&self, connection: PollFlags) -> PollFlags {
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
    /// Something that is no socket stands at this path.
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

/// Refuses a path at which anything but a socket stands that nobody serves any more.
fn refuse_taken(path: &Path) -> Result<(), BindError> {
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

/// Binds under another name and moves the socket to its place once its mode is set, so that what is
/// found at the path is always whole.
fn bind_unix(path: &Path) -> io::Result<Socket> {
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
    Ok(Socket::Unix(listener, moved?))
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
