//! The socket interface of a connection, and its implementation by the operating system.

use std::io::{self, IoSlice, Read};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use polling::{Event, PollMode, Poller};
use socket2::{Domain, SockAddr, Type};

use super::registration::Registered;

/// The target of a connect, with its name resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(String),
}

impl Target {
    /// The IP address, if there is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Target::Tcp(address) => Some(address.ip()),
            Target::Unix(_) => None,
        }
    }
}

/// Makes sockets. [`Network`] is the operating system's; tests use a simulated one.
pub trait Transport {
    /// The type of its sockets.
    type Socket: Socket;

    /// Starts to connect and does not wait. `WouldBlock` means that the peer has no room now, so
    /// the connect is to be repeated later.
    fn connect(&mut self, target: &Target) -> io::Result<Self::Socket>;
}

/// A socket that never waits. Calls that would have to wait fail with `WouldBlock`.
pub trait Socket {
    /// Whether the connect has completed; an error if it failed.
    fn connected(&self) -> io::Result<bool>;

    /// Sends as much of the parts, in their order, as there is room for.
    fn send(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Receives the bytes that have arrived; 0 means the end of file.
    fn receive(&self, space: &mut [u8]) -> io::Result<usize>;

    /// The shortest round trip that the system has measured; `None` if it does not tell.
    fn round_trip(&self) -> Option<Duration> {
        None
    }
}

/// The transport of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Network;

/// A socket of the operating system, TCP or Unix.
#[derive(Debug)]
pub struct NetworkSocket(Registered);

impl NetworkSocket {
    /// Makes the poller, and no other, wait for `interest` on this socket. Returns the key under
    /// which it reports the socket: that of `interest` if the poller did not know the socket.
    pub(crate) fn watch(
        &self,
        poller: &Arc<Poller>,
        interest: Event,
        mode: PollMode,
    ) -> io::Result<usize> {
        self.0.watch(poller, interest, mode)
    }
}

impl Transport for Network {
    type Socket = NetworkSocket;

    fn connect(&mut self, target: &Target) -> io::Result<NetworkSocket> {
        let (domain, address) = match target {
            Target::Tcp(address) => (Domain::for_address(*address), SockAddr::from(*address)),
            Target::Unix(path) => (Domain::UNIX, SockAddr::unix(path)?),
        };
        let socket = socket2::Socket::new(domain, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        if let Target::Tcp(_) = target {
            // A batch is one write that no other write follows, so it must not be delayed.
            socket.set_tcp_nodelay(true)?;
        }
        match socket.connect(&address) {
            Err(error) if !is_in_progress(&error) => Err(error),
            _ => Ok(NetworkSocket(Registered::new(socket))),
        }
    }
}

impl Socket for NetworkSocket {
    fn connected(&self) -> io::Result<bool> {
        let socket = self.0.socket();
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        match socket.peer_addr() {
            Ok(peer) if is_itself(&peer, &socket.local_addr()?) => {
                // Without SO_LINGER 0 the closed socket would hold the port in TIME_WAIT.
                socket.set_linger(Some(Duration::ZERO))?;
                Err(connection_refused())
            }
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn send(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match parts {
            [part] => self.0.socket().send(part),
            parts => self.0.socket().send_vectored(parts),
        }
    }

    fn receive(&self, space: &mut [u8]) -> io::Result<usize> {
        self.0.socket().read(space)
    }

    #[cfg(target_os = "linux")]
    fn round_trip(&self) -> Option<Duration> {
        tcp_info::shortest_round_trip(self.0.socket())
    }
}

#[cfg(target_os = "linux")]
mod tcp_info {
    use std::mem::{self, MaybeUninit};
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    /// Linux's `tcpi_min_rtt`: the shortest time from a segment to its acknowledgement within the
    /// last five minutes (`net.ipv4.tcp_min_rtt_wlen`).
    pub fn shortest_round_trip(socket: &socket2::Socket) -> Option<Duration> {
        let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
        let mut length = mem::size_of::<libc::tcp_info>() as libc::socklen_t;
        // SAFETY: the descriptor is open as long as `socket` is borrowed. The kernel writes at most
        // `length` bytes to `info`, which has that size. All fields are integers, for which zero is
        // a valid value if an older kernel writes fewer bytes.
        let info = unsafe {
            let status = libc::getsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                info.as_mut_ptr().cast(),
                &mut length,
            );
            if status != 0 {
                return None;
            }
            info.assume_init()
        };
        // Before the first acknowledgement the kernel reports the largest number.
        let is_known = info.tcpi_min_rtt > 0 && info.tcpi_min_rtt < u32::MAX;
        is_known.then(|| Duration::from_micros(info.tcpi_min_rtt.into()))
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for NetworkSocket {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.0.socket().as_raw_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for NetworkSocket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.socket().as_fd()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsRawSocket for NetworkSocket {
    fn as_raw_socket(&self) -> std::os::windows::io::RawSocket {
        self.0.socket().as_raw_socket()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsSocket for NetworkSocket {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.0.socket().as_socket()
    }
}

/// Whether a connected socket is its own peer. If nobody listens on a port of the ephemeral range,
/// the system can pick that very port for the client's end, and TCP then connects the socket to
/// itself (RFC 9293, section 3.5, figure 7). Such a connection would keep the server from
/// listening.
fn is_itself(peer: &SockAddr, local: &SockAddr) -> bool {
    peer.as_socket().is_some_and(|peer| local.as_socket() == Some(peer))
}

/// The system's error for a port on which nobody listens.
fn connection_refused() -> io::Error {
    #[cfg(unix)]
    return io::Error::from_raw_os_error(libc::ECONNREFUSED);
    #[cfg(not(unix))]
    return io::ErrorKind::ConnectionRefused.into();
}

/// Whether the connect continues by itself, which TCP reports as `EINPROGRESS`, and on Windows as
/// `WouldBlock`. For a Unix socket `WouldBlock` means that the listener has no room.
fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    return error.raw_os_error() == Some(libc::EINPROGRESS);
    #[cfg(not(unix))]
    return error.kind() == io::ErrorKind::WouldBlock;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a socket that is connected to itself. Of some thousand connects to a port of the
    /// ephemeral range, one gets such a socket by accident; here the bind to that port forces it.
    fn connected_to_itself(address: &str) -> io::Result<(SockAddr, NetworkSocket)> {
        let address = SockAddr::from(address.parse::<SocketAddr>().expect("the address is valid"));
        let socket = socket2::Socket::new(address.domain(), Type::STREAM, None)?;
        socket.bind(&address)?;
        let own = socket.local_addr()?;
        socket.connect(&own)?;
        Ok((own, NetworkSocket(Registered::new(socket))))
    }

    #[test]
    fn refuses_a_socket_that_is_its_own_peer_and_frees_its_port() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let (own, socket) = match connected_to_itself(address) {
                Ok(connected) => connected,
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => continue,
                Err(error) => panic!("{address}: {error}"),
            };
            let error = socket.connected().expect_err("both ends are one");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
            drop(socket);
            // The server binds without SO_REUSEADDR, so a port in TIME_WAIT would be refused.
            let server = socket2::Socket::new(own.domain(), Type::STREAM, None);
            let listening =
                server.and_then(|server| server.bind(&own).and_then(|()| server.listen(1)));
            assert!(listening.is_ok(), "{address}: {listening:?}");
        }
    }

    #[test]
    fn accepts_a_peer_on_another_port_of_the_same_address() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let target = Target::Tcp(listener.local_addr().expect("the listener is bound"));
        let socket = Network.connect(&target).expect("the listener accepts connects");
        listener.accept().expect("the connect arrives");
        assert!(socket.connected().expect("the socket is connected"));
    }
}
