use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recvfrom, socket,
};

use temoin_core::session::Device;

/// Subscribes to the kernel's notices of network interfaces appearing and disappearing
/// (`rtnetlink(7)`).
///
/// Links only: address and route notices would wake the box at every router advertisement.
#[derive(Debug)]
pub struct LinkWatch {
    socket: OwnedFd,
}

/// A link notice from the kernel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LinkNotice {
    /// The interface is there and administratively up. Told again whenever anything about it
    /// changes.
    Up {
        /// Its name.
        device: Device,
        /// The kernel's number of it.
        interface: u32,
    },
    /// The interface is gone.
    ///
    /// One that is only taken down is not: OpenVPN never does that. When it lets go of its interface
    /// the kernel removes it, and one that outlives its process (`--mktun`) stays up.
    Gone {
        /// Its name.
        device: Device,
        /// The kernel's number of it.
        interface: u32,
    },
    /// Notices were lost: query all relevant interfaces again, after handling the others of the
    /// same read. The kernel reports a loss before it delivers earlier notices.
    Missed,
}

impl LinkWatch {
    /// Begins to listen. No privilege is needed.
    ///
    /// # Errors
    /// Where the kernel gives no netlink socket: a sandbox that forbids the address family.
    pub fn open() -> io::Result<Self> {
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
            SockProtocol::NetlinkRoute,
        )
        .map_err(refused)?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, RTMGRP_LINK))?;
        Ok(Self { socket })
    }

    /// The notices that wait, oldest first; none when there are none. Never blocks.
    ///
    /// # Errors
    /// Where the socket itself fails; it will not recover.
    pub fn read(&self) -> io::Result<Vec<LinkNotice>> {
        let mut notices = Vec::new();
        let mut buffer = [0; MAX_DATAGRAM];
        loop {
            match recvfrom::<NetlinkAddr>(self.socket.as_raw_fd(), &mut buffer) {
                // Privileged programs may send to this socket too; only the kernel has number 0.
                Ok((_, sender)) if sender.is_none_or(|sender| sender.pid() != 0) => {}
                // What fills the buffer may have been longer.
                Ok((MAX_DATAGRAM, _)) => notices.push(LinkNotice::Missed),
                Ok((length, _)) => {
                    notices.extend(LinkNotice::parse(buffer.get(..length).unwrap_or_default()));
                }
                Err(Errno::EAGAIN) => return Ok(notices),
                Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => notices.push(LinkNotice::Missed),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Why the kernel gives no socket, with the remedy where a sandbox forbids it.
fn refused(errno: Errno) -> io::Error {
    let error = io::Error::from(errno);
    if !matches!(errno, Errno::EACCES | Errno::EAFNOSUPPORT | Errno::EPERM) {
        return error;
    }
    let text = format!(
        "no netlink socket (AF_NETLINK), by which the kernel tells of network interfaces: {error}. Where \
         the service runs in a sandbox, RestrictAddressFamilies= must name AF_NETLINK, and a container \
         must allow it"
    );
    io::Error::new(error.kind(), text)
}

impl AsFd for LinkWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl LinkNotice {
    /// The notices in one datagram of the kernel's. What is no notice of a link, or malformed, gives
    /// none.
    pub fn parse(mut datagram: &[u8]) -> Vec<Self> {
        let mut notices = Vec::new();
        while let Some((kind, body, rest)) = message(datagram) {
            if kind == NLMSG_OVERRUN {
                notices.push(Self::Missed);
            } else {
                notices.extend(notice(kind, body));
            }
            datagram = rest;
        }
        notices
    }
}

/// The type and body of the first message of a datagram, and what follows it (`struct nlmsghdr`:
/// length with the header, type, flags, sequence number, port).
fn message(datagram: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = usize::try_from(u32_at(datagram, 0)?).ok()?;
    let kind = u16_at(datagram, 4)?;
    let body = datagram.get(MESSAGE_HEADER..length)?;
    Some((kind, body, datagram.get(aligned(length)?..).unwrap_or_default()))
}

/// What a message tells (`struct ifinfomsg`: family, padding, hardware type, number, flags, change
/// mask; then the attributes).
fn notice(kind: u16, body: &[u8]) -> Option<LinkNotice> {
    // Bridges tell of their ports by the same messages with a family of their own: a port that
    // leaves its bridge is no interface that is gone.
    if *body.first()? != AF_UNSPEC {
        return None;
    }
    let interface = u32_at(body, 4).filter(|number| i32::try_from(*number).is_ok_and(|n| n > 0))?;
    let is_up = u32_at(body, 8)? & IFF_UP != 0;
    let device = name(body.get(LINK_HEADER..)?)?;
    match kind {
        RTM_NEWLINK if is_up => Some(LinkNotice::Up { device, interface }),
        RTM_DELLINK => Some(LinkNotice::Gone { device, interface }),
        _ => None,
    }
}

/// The interface's name among the attributes of a message (`struct rtattr`: length with the header,
/// type).
fn name(mut attributes: &[u8]) -> Option<Device> {
    loop {
        let length = usize::from(u16_at(attributes, 0)?);
        let kind = u16_at(attributes, 2)?;
        let value = attributes.get(ATTRIBUTE_HEADER..length)?;
        if kind == IFLA_IFNAME {
            return std::str::from_utf8(value.strip_suffix(&[0])?).ok()?.parse().ok();
        }
        attributes = attributes.get(aligned(length)?..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Messages and attributes begin at multiples of four bytes (`NLMSG_ALIGN`, `RTA_ALIGN`).
fn aligned(length: usize) -> Option<usize> {
    length.checked_next_multiple_of(4)
}

/// The group of link notices (`linux/rtnetlink.h`).
const RTMGRP_LINK: u32 = 0x1;
const RTM_NEWLINK: u16 = 0x10;
const RTM_DELLINK: u16 = 0x11;
/// The kernel lost data (`linux/netlink.h`).
const NLMSG_OVERRUN: u16 = 0x4;
const IFLA_IFNAME: u16 = 0x3;
const IFF_UP: u32 = 0x1;
const AF_UNSPEC: u8 = 0x0;
const MESSAGE_HEADER: usize = 16;
const LINK_HEADER: usize = 16;
const ATTRIBUTE_HEADER: usize = 4;
/// The kernel sends one link in a datagram, some 1.5 kB; more only for cards with many virtual
/// functions. What fills this counts as missed.
const MAX_DATAGRAM: usize = 0x4000;

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Errno, LinkNotice, LinkWatch, refused};

    /// A message with a header of its own, attributes given as type and value.
    fn encoded(
        kind: u16,
        family: u8,
        interface: i32,
        flags: u32,
        given: &[(u16, &[u8])],
    ) -> Vec<u8> {
        let mut body = vec![family, 0, 0xfe, 0xff];
        body.extend(interface.to_ne_bytes());
        body.extend(flags.to_ne_bytes());
        body.extend(u32::MAX.to_ne_bytes());
        for (kind, value) in given {
            body.extend(u16::try_from(value.len() + 4).unwrap().to_ne_bytes());
            body.extend(kind.to_ne_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut message = Vec::new();
        message.extend(u32::try_from(body.len() + 16).unwrap().to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend([0; 10]);
        message.extend(body);
        message
    }

    fn up(device: &str, interface: u32) -> LinkNotice {
        LinkNotice::Up { device: device.parse().unwrap(), interface }
    }

    fn gone(device: &str, interface: u32) -> LinkNotice {
        LinkNotice::Gone { device: device.parse().unwrap(), interface }
    }

    #[test]
    fn links_that_are_up_or_gone_are_told_in_order() {
        let mut datagram = encoded(0x10, 0, 7, 0x10c1, &[(13, b"abc"), (3, b"tun0\0")]);
        datagram.extend(encoded(0x11, 0, 7, 0x90, &[(3, b"tun0\0")]));
        assert_eq!(LinkNotice::parse(&datagram), [up("tun0", 7), gone("tun0", 7)]);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn what_a_kernel_told_of_a_tunnel_is_understood() {
        let recorded = include_str!("../../../tests/fixtures/netlink/tun0.txt");
        let datagrams = recorded.lines().filter(|line| !line.starts_with('#'));
        let notices: Vec<_> = datagrams.map(|line| LinkNotice::parse(&bytes(line))).collect();
        assert_eq!(notices, [vec![], vec![up("tun0", 2)], vec![], vec![gone("tun0", 2)]]);
    }

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let pairs = (0..hexadecimal.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn a_socket_that_a_sandbox_forbids_is_named_with_what_allows_it() {
        for errno in [Errno::EAFNOSUPPORT, Errno::EPERM] {
            let text = refused(errno).to_string();
            assert!(
                text.contains("AF_NETLINK") && text.contains("RestrictAddressFamilies="),
                "{text}"
            );
        }
        assert!(!refused(Errno::ENOMEM).to_string().contains("AF_NETLINK"));
    }

    #[test]
    fn a_link_that_is_only_down_is_neither_up_nor_gone() {
        assert_eq!(LinkNotice::parse(&encoded(0x10, 0, 7, 0x90, &[(3, b"tun0\0")])), []);
    }

    #[test]
    fn a_port_that_leaves_its_bridge_is_not_gone() {
        assert_eq!(LinkNotice::parse(&encoded(0x11, 7, 7, 0x1, &[(3, b"tap0\0")])), []);
    }

    #[test]
    fn lost_messages_are_told() {
        assert_eq!(LinkNotice::parse(&encoded(0x4, 0, 0, 0, &[])), [LinkNotice::Missed]);
    }

    #[test]
    fn a_message_that_is_cut_short_or_names_nothing_is_no_notice() {
        let whole = encoded(0x10, 0, 7, 0x1, &[(3, b"tun0\0")]);
        for length in 0..whole.len() - 3 {
            assert_eq!(LinkNotice::parse(&whole[..length]), [], "{length}");
        }
        for bad in [
            encoded(0x10, 0, 0, 0x1, &[(3, b"tun0\0")]),
            encoded(0x10, 0, -7, 0x1, &[(3, b"tun0\0")]),
            encoded(0x10, 0, 7, 0x1, &[(3, b"tun0")]),
            encoded(0x10, 0, 7, 0x1, &[(3, b"a name too long\0\0")]),
            encoded(0x10, 0, 7, 0x1, &[]),
            encoded(0x14, 0, 7, 0x1, &[(3, b"tun0\0")]),
        ] {
            assert_eq!(LinkNotice::parse(&bad), []);
        }
    }

    #[test]
    fn a_watch_without_news_does_not_block() {
        let watch = LinkWatch::open().unwrap();
        watch.read().unwrap();
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
            LinkNotice::parse(&bytes);
        }

        #[test]
        fn no_body_of_a_link_message_makes_the_parser_panic(kind in 0x10_u16..0x12, body: Vec<u8>) {
            let mut message = Vec::new();
            message.extend(u32::try_from(body.len() + 16).unwrap().to_ne_bytes());
            message.extend(kind.to_ne_bytes());
            message.extend([0; 10]);
            message.extend(&body);
            assert!(LinkNotice::parse(&message).len() <= 1);
        }

        #[test]
        fn a_link_is_found_behind_any_other_attributes(
            interface in 1..i32::MAX,
            others in proptest::collection::vec((4_u16.., any::<Vec<u8>>()), 0..4),
        ) {
            let mut attributes: Vec<(u16, &[u8])> =
                others.iter().map(|(kind, value)| (*kind, value.as_slice())).collect();
            attributes.push((3, b"tun0\0"));
            let message = encoded(0x10, 0, interface, 0x1, &attributes);
            assert_eq!(LinkNotice::parse(&message), [up("tun0", interface.unsigned_abs())]);
        }
    }
}
