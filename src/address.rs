//! Server addresses: `host`, `host:port`, `[::1]:9998` or `unix:/path`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The default port: the one that HandlerSocket's documentation uses for reads.
pub const DEFAULT_PORT: u16 = 9998;

/// Linux's limit for the path of a Unix socket, without its closing zero byte (`sun_path` in
/// unix(7)).
const UNIX_PATH_BYTES: usize = 107;

/// The address of a HandlerSocket listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A host and a port.
    Tcp {
        /// A name, or an IP address without brackets.
        host: String,
        /// 1 to 65535.
        port: u16,
    },
    /// The path of a Unix socket.
    Unix {
        /// At most 107 bytes.
        path: String,
    },
}

/// The reason why a text is not an [`Address`]. It holds no part of the text, which may be a
/// misplaced secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid address: {reason}; expected 'host', 'host:port', '[::1]:9998' or 'unix:/path'")]
pub struct AddressError {
    reason: &'static str,
}

impl Address {
    /// Makes an address of a host and a port. `host` is a name, or an IPv4 or IPv6 address without
    /// brackets.
    pub fn tcp(host: &str, port: u32) -> Result<Self, AddressError> {
        let fail = |reason| Err(AddressError { reason });
        if host.is_empty() {
            return fail("the host is empty");
        }
        let is_name = host.bytes().all(|b| b.is_ascii_graphic() && !b"/[]:@".contains(&b));
        if !is_name && host.parse::<IpAddr>().is_err() {
            return fail("the host is neither a name nor an IP address");
        }
        match u16::try_from(port) {
            Ok(port) if port > 0 => Ok(Address::Tcp { host: host.to_owned(), port }),
            _ => fail("the port must be 1 to 65535"),
        }
    }

    /// Makes the address of a Unix socket.
    pub fn unix(path: &str) -> Result<Self, AddressError> {
        let fail = |reason| Err(AddressError { reason });
        if cfg!(not(unix)) {
            return fail("this platform has no Unix sockets");
        }
        match path.len() {
            0 => fail("the path of the Unix socket is empty"),
            n if n > UNIX_PATH_BYTES => {
                fail("the path of a Unix socket is 107 bytes at most (the system's limit)")
            }
            _ if path.contains('\0') => fail("the path holds a NUL"),
            _ => Ok(Address::Unix { path: path.to_owned() }),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fail = |reason| AddressError { reason };
        if let Some(path) = text.strip_prefix("unix:") {
            return Address::unix(path);
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, after) =
                    rest.split_once(']').ok_or_else(|| fail("the closing ']' is missing"))?;
                let port = match after.strip_prefix(':') {
                    Some(port) => Some(port),
                    None if after.is_empty() => None,
                    None => return Err(fail("only ':port' may follow the ']'")),
                };
                if host.parse::<Ipv6Addr>().is_err() {
                    return Err(fail("an IPv6 address stands between the brackets"));
                }
                (host, port)
            }
            None if text.matches(':').count() > 1 => {
                return Err(fail("an IPv6 address stands in brackets, as in [::1]:9998"));
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let port = match port {
            None => u32::from(DEFAULT_PORT),
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| fail("the port must be 1 to 65535"))?
            }
            Some(_) => return Err(fail("the port must be 1 to 65535")),
        };
        Address::tcp(host, port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
            Address::Unix { path } => write!(f, "unix:{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_form_and_displays_it_in_full() {
        for (text, shown) in [
            ("localhost", "localhost:9998"),
            ("db-1.example:9999", "db-1.example:9999"),
            ("10.0.0.1:1", "10.0.0.1:1"),
            ("[::1]", "[::1]:9998"),
            ("[fe80::1%eth0]:65535", "[fe80::1%eth0]:65535"),
            ("unix:/run/hs.sock", "unix:/run/hs.sock"),
        ] {
            let parsed = text.parse::<Address>().map(|address| address.to_string());
            if text.contains('%') {
                assert!(parsed.is_err(), "zone ids are not addresses of std");
            } else {
                assert_eq!(parsed.as_deref(), Ok(shown), "{text}");
            }
        }
    }

    #[test]
    fn rejects_invalid_addresses() {
        let long = format!("unix:/{}", "x".repeat(107));
        for text in [
            "",
            ":",
            ":9998",
            "a:",
            "a:0",
            "a:65536",
            "a:99999999999",
            "a:-1",
            "a:+1",
            "a: 1",
            "a:1:2",
            "::1",
            "[::1",
            "[]:1",
            "[zz]:1",
            "[10.0.0.1]:1",
            "[::1]x",
            "[::1]:",
            "a b",
            "a/b",
            "a\n",
            "unix:",
            "unix:/\0",
            &long,
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn keeps_the_text_out_of_the_error() {
        for text in ["open sesame", "sesame:port", "[sesame]:1", "sesame::1", "unix:\0sesame"] {
            let error = text.parse::<Address>().expect_err("the address is invalid");
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains("sesame"), "{shown}");
            }
        }
    }
}
