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
use crate::domain::Device;

/// How a call goes out: never past the tunnel but by a proxy that the member has chosen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    /// By a proxy. Only for a status request: a registration is for the operator to see where it
    /// comes from.
    Proxy(Proxy),
    /// Through the tunnel.
    Tunnel(Tunnel),
}

/// The tunnel of one session.
///
/// A connection through it is bound to the tunnel's interface, so that the kernel sends its packets out
/// by that interface or not at all, whatever the routes say; and to an address that the operator
/// assigned, by which the operator knows the session. Where the interface has gone, or another one has
/// taken its name, nothing is sent. Binding to an interface needs no privilege since Linux 5.7
/// (`SO_BINDTODEVICE`, socket(7)).
///
/// The operator's name is looked up by the system's resolver, and only once the tunnel's interface is
/// there; which way that takes is the resolver's affair. A profile whose address is a number needs none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tunnel {
    /// The interface.
    pub device: Device,
    /// The kernel's number of it, where the session's is known.
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

    /// A connection through the tunnel to the first of the host's addresses that has one.
    pub(super) fn connect(
        &self,
        host: &Host,
        port: u16,
        deadline: Deadline<'_>,
    ) -> Result<TcpStream, CallError> {
        self.check()?;
        let mut failure = None;
        for address in look_up(host, port, deadline)? {
            let Some(source) = self.source_towards(address) else { continue };
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

    fn source_towards(&self, address: SocketAddr) -> Option<IpAddr> {
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

/// A connection to the proxy.
pub(super) fn reach(proxy: Proxy, deadline: Deadline<'_>) -> Result<TcpStream, CallError> {
    let left = deadline.left().map_err(CallError::from_io)?;
    TcpStream::connect_timeout(&proxy.address(), left).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => CallError::TimedOut,
        _ => CallError::Proxy(format!("{}: {error}", proxy.address())),
    })
}

/// The addresses of a host. The system's resolver keeps to no deadline, so it works in a thread of its
/// own, which it ends by itself once it gives up.
fn look_up(host: &Host, port: u16, deadline: Deadline<'_>) -> Result<Vec<SocketAddr>, CallError> {
    let name = match host {
        Host::Address(address) => return Ok(vec![SocketAddr::new(*address, port)]),
        Host::Name(name) => name.clone(),
    };
    let (sender, found) = channel();
    let (is_over, ends) = UnixStream::pair().map_err(CallError::Unreachable)?;
    let ask = move || {
        let addresses = (name.as_str(), port).to_socket_addrs();
        // Fails where nobody waits any more.
        let _ = sender.send(addresses.map(|all| all.take(MOST_ADDRESSES).collect()));
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

/// Of a name that has many, the first ones are tried.
const MOST_ADDRESSES: usize = 8;

/// In bytes: the C library's resolver keeps whole datagrams on its stack.
const STACK: usize = 256 * 1024;
