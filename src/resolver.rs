//! Name look-up by the system's resolver. It blocks, so an event loop calls it on a separate
//! thread.

use std::io;
use std::net::IpAddr;

/// The code with which getaddrinfo failed, such as `EAI_AGAIN`. The number is the platform's own;
/// `std` keeps only its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", message_of(*.0))]
pub struct ResolverError(pub i32);

/// Looks up a host and returns each address once, in the system's order of preference. The error
/// holds a [`ResolverError`], or is an error of the operating system.
pub fn resolve(host: &str) -> io::Result<Vec<IpAddr>> {
    let mut addresses = Vec::new();
    for address in look_up(host)? {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

impl ResolverError {
    /// The [`ResolverError`] that `error` holds.
    pub fn inside(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// Copies an error with its number; [`io::Error`] is not `Clone`.
pub(crate) fn copy_error(error: &io::Error) -> io::Error {
    match (error.raw_os_error(), ResolverError::inside(error)) {
        (Some(number), _) => io::Error::from_raw_os_error(number),
        (None, Some(error)) => error.into(),
        (None, None) => io::Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(unix)]
fn look_up(host: &str) -> io::Result<Vec<IpAddr>> {
    use std::ffi::CString;
    use std::{mem, ptr};

    let host = CString::new(host)?;
    // SAFETY: an addrinfo consists of integers and pointers, for all of which zero is a valid
    // value.
    let mut hints: libc::addrinfo = unsafe { mem::zeroed() };
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut first = ptr::null_mut();
    // SAFETY: getaddrinfo asks for a text that ends with a NUL, which `CString` ensures, for a
    // service or null, and for two pointers that are valid during the call, which those to the
    // local variables here are.
    let code = unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &hints, &mut first) };
    match code {
        0 => {}
        libc::EAI_SYSTEM => return Err(io::Error::last_os_error()),
        code => return Err(without_descriptors().unwrap_or_else(|| ResolverError(code).into())),
    }
    let mut addresses = Vec::new();
    let mut next = first;
    // SAFETY: getaddrinfo has succeeded, so `first` begins a list that ends with null, which
    // nothing changes or frees before freeaddrinfo below. The references do not leave the loop.
    while let Some(found) = unsafe { next.as_ref() } {
        // SAFETY: `found` is an element of the list that getaddrinfo made.
        addresses.extend(unsafe { address_of(found) });
        next = found.ai_next;
    }
    // SAFETY: `first` came from getaddrinfo, and nothing uses the list after this.
    unsafe { libc::freeaddrinfo(first) };
    Ok(addresses)
}

/// # Safety
/// `found` must be an element of a list that getaddrinfo made, so that `ai_addr` points to an
/// address of the family `ai_family`.
#[cfg(unix)]
unsafe fn address_of(found: &libc::addrinfo) -> Option<IpAddr> {
    use std::net::{Ipv4Addr, Ipv6Addr};

    match found.ai_family {
        libc::AF_INET => {
            // SAFETY: the caller promises that an address of this family is a sockaddr_in. It need
            // not be aligned.
            let address = unsafe { found.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Ipv4Addr::from_bits(u32::from_be(address.sin_addr.s_addr)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above, for a sockaddr_in6.
            let address = unsafe { found.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}

/// The system's error if no descriptor is left. glibc can then open neither its files nor a socket,
/// and reports that the name does not exist.
#[cfg(unix)]
fn without_descriptors() -> Option<io::Error> {
    let error = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).err()?;
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE)).then_some(error)
}

#[cfg(not(unix))]
fn look_up(host: &str) -> io::Result<Vec<IpAddr>> {
    use std::net::ToSocketAddrs;

    match (host, 0).to_socket_addrs() {
        Ok(found) => Ok(found.map(|address| address.ip()).collect()),
        // Winsock reports its own codes as numbers of the system.
        Err(error) => Err(error.raw_os_error().map_or(error, |code| ResolverError(code).into())),
    }
}

#[cfg(unix)]
fn message_of(code: i32) -> String {
    // SAFETY: gai_strerror returns a text that ends with a NUL and is never freed, whatever the
    // code.
    let text = unsafe { std::ffi::CStr::from_ptr(libc::gai_strerror(code)) };
    text.to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn message_of(code: i32) -> String {
    io::Error::from_raw_os_error(code).to_string()
}

impl From<ResolverError> for io::Error {
    fn from(error: ResolverError) -> Self {
        io::Error::other(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_a_name_and_an_address() {
        let found = resolve("localhost").expect("every system knows localhost");
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
        for text in ["127.1.2.3", "::1"] {
            let found = resolve(text).expect("an address needs no look-up");
            assert_eq!(found, [text.parse::<IpAddr>().expect("the text is an address")]);
        }
    }

    #[test]
    #[cfg(unix)]
    fn keeps_the_code_of_a_name_that_does_not_exist() {
        // A DNS label has at most 63 characters, so this name exists in no network.
        let error = resolve(&"x".repeat(64)).expect_err("there is no such name");
        assert_eq!(ResolverError::inside(&error), Some(ResolverError(libc::EAI_NONAME)));
        assert!(!error.to_string().is_empty());
    }

    #[test]
    fn copies_the_number_of_an_error() {
        let copy = copy_error(&ResolverError(-3).into());
        assert_eq!(ResolverError::inside(&copy), Some(ResolverError(-3)));
        let copy = copy_error(&io::Error::from_raw_os_error(24));
        assert_eq!(copy.raw_os_error(), Some(24));
        let copy = copy_error(&io::Error::new(io::ErrorKind::NotFound, "nowhere"));
        assert_eq!(
            (copy.kind(), copy.to_string()),
            (io::ErrorKind::NotFound, "nowhere".to_owned())
        );
    }
}
