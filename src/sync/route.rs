use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;

use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use nix::poll::PollFlags;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, setsockopt, socket, sockopt,
};

use super::deadline::Deadline;
use super::{CallError, Host, Proxy};

/// The route of a call: through the tunnel, or a proxy that the member has configured.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Route {
    /// Through a proxy. For status requests only: the operator must see where a registration comes
    /// from.
    Proxy(Proxy),
    /// Through the tunnel.
    Tunnel(Tunnel),
}

/// A session's tunnel.
///
/// Connections are bound to the tunnel's interface, so that the kernel sends packets through it or
/// not at all, whatever the routes; and to an address assigned by the operator, which identifies
/// the session. If the interface is gone, or another one has its name, nothing is sent. Binding to
/// an interface needs no privilege since Linux 5.7 (`SO_BINDTODEVICE`, socket(7)).
///
/// The operator's host name is resolved by the system's resolver, only once the interface is up;
/// the resolver chooses its own route. A profile with a numeric address needs no resolver.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tunnel {
    /// The interface.
    pub device: String,
    /// Its interface index, if known.
    pub interface: Option<u32>,
    /// The session's IPv4 address.
    pub ipv4: Option<Ipv4Addr>,
    /// The session's IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
}

impl Tunnel {
    /// Whether the session's interface is still there.
    ///
    /// # Errors
    /// [`CallError::NotThroughTunnel`] where it is not.
    pub(super) fn check(&self) -> Result<(), CallError> {
        let Self { device, interface, .. } = self;
        match if_nametoindex(device.as_str()) {
            Ok(found) if interface.is_none_or(|own| own == found) => Ok(()),
            Ok(_) => Err(CallError::NotThroughTunnel(format!("{device} is another tunnel now"))),
            Err(_) => Err(CallError::NotThroughTunnel(format!("{device} is not there"))),
        }
    }

    /// Connects through the tunnel to the first of the host's addresses that accepts.
    pub(super) fn connect(
        &self,
        host: &Host,
        port: u16,
        deadline: Deadline<'_>,
    ) -> Result<TcpStream, CallError> {
        self.check()?;
        let mut failure = None;
        for address in resolve(host, port, deadline)? {
            let Some(source) = self.source_address_for(address) else { continue };
            match self.open(source, address, deadline) {
                Ok(stream) => return Ok(stream),
                Err(error @ CallError::NotThroughTunnel(_)) => return Err(error),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| {
            let why = "the session has no address of the same family as the operator's";
            CallError::NotThroughTunnel(why.to_owned())
        }))
    }

    fn source_address_for(&self, address: SocketAddr) -> Option<IpAddr> {
        match address {
            SocketAddr::V4(_) => self.ipv4.map(IpAddr::V4),
            SocketAddr::V6(_) => self.ipv6.map(IpAddr::V6),
        }
    }

    fn open(
        &self,
        source: IpAddr,
        address: SocketAddr,
        deadline: Deadline<'_>,
    ) -> Result<TcpStream, CallError> {
        let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let bound = || -> nix::Result<OwnedFd> {
            let own = socket(family, SockType::Stream, flags, None)?;
            setsockopt(&own, sockopt::BindToDevice, &self.device.as_str().into())?;
            bind(own.as_raw_fd(), &SockaddrStorage::from(SocketAddr::new(source, 0)))?;
            Ok(own)
        };
        let own = bound().map_err(|error| {
            CallError::NotThroughTunnel(format!("{}: {}", self.device, error.desc()))
        })?;
        match connect(own.as_raw_fd(), &SockaddrStorage::from(address)) {
            Ok(()) => {}
            Err(Errno::EINPROGRESS) => {
                deadline.wait(own.as_fd(), PollFlags::POLLOUT).map_err(CallError::from_io)?;
            }
            Err(error) => return Err(CallError::Unreachable(error.into())),
        }
        let stream = TcpStream::from(own);
        let refused = stream.take_error().and_then(|error| error.map_or(Ok(()), Err));
        refused.map(|()| stream).map_err(CallError::Unreachable)
    }
}

/// Connects to the proxy.
pub(super) fn connect_to_proxy(
    proxy: Proxy,
    deadline: Deadline<'_>,
) -> Result<TcpStream, CallError> {
    let left = deadline.remaining().map_err(CallError::from_io)?;
    TcpStream::connect_timeout(&proxy.address(), left).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => CallError::TimedOut,
        _ => CallError::Proxy(format!("{}: {error}", proxy.address())),
    })
}

/// Resolves a host. The system's resolver knows no deadline, so it runs in its own thread, which
/// ends when it gives up.
fn resolve(host: &Host, port: u16, deadline: Deadline<'_>) -> Result<Vec<SocketAddr>, CallError> {
    let name = match host {
        Host::Address(address) => return Ok(vec![SocketAddr::new(*address, port)]),
        Host::Name(name) => name.clone(),
    };
    let (sender, found) = channel();
    let (is_over, ends) = UnixStream::pair().map_err(CallError::Unreachable)?;
    let ask = move || {
        let addresses = (name.as_str(), port).to_socket_addrs();
        // Fails if nobody waits any more.
        let _ = sender.send(addresses.map(|all| all.take(MAX_ADDRESSES).collect()));
        drop(ends);
    };
    let begun = thread::Builder::new().name("resolver".to_owned()).stack_size(STACK).spawn(ask);
    begun.map_err(CallError::Unreachable)?;
    deadline.wait(is_over.as_fd(), PollFlags::POLLIN).map_err(CallError::from_io)?;
    match found.try_recv() {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(_)) | Err(_) => Err(CallError::Unresolved(host.clone())),
    }
}

/// How many addresses of a host name are tried.
const MAX_ADDRESSES: usize = 8;

/// In bytes: the C library's resolver keeps whole datagrams on its stack.
const STACK: usize = 256 * 1024;
