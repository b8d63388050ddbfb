//! The system's error numbers as Node.js has them.

use std::io;

use crate::resolver::ResolverError;

/// The number of the system's error. For the resolver it is libuv's (`UV_EAI_*` in uv/errno.h),
/// which is the same on every platform. Numbers are positive here; Node.js negates them.
pub fn error_number(error: &io::Error) -> Option<i32> {
    match ResolverError::inside(error) {
        Some(ResolverError(code)) => resolver_number(code),
        None => error.raw_os_error(),
    }
}

/// libuv's numbers for the errors of a name look-up.
mod uv {
    pub const EAI_AGAIN: i32 = 3001;
    pub const EAI_FAIL: i32 = 3004;
    pub const EAI_FAMILY: i32 = 3005;
    pub const EAI_MEMORY: i32 = 3006;
    #[cfg(not(any(target_os = "freebsd", target_os = "dragonfly")))]
    pub const EAI_NODATA: i32 = 3007;
    pub const EAI_NONAME: i32 = 3008;
}

#[cfg(unix)]
fn resolver_number(code: i32) -> Option<i32> {
    Some(match code {
        libc::EAI_AGAIN => uv::EAI_AGAIN,
        libc::EAI_FAIL => uv::EAI_FAIL,
        libc::EAI_FAMILY => uv::EAI_FAMILY,
        libc::EAI_MEMORY => uv::EAI_MEMORY,
        #[cfg(not(any(target_os = "freebsd", target_os = "dragonfly")))]
        libc::EAI_NODATA => uv::EAI_NODATA,
        libc::EAI_NONAME => uv::EAI_NONAME,
        _ => return None,
    })
}

#[cfg(windows)]
fn resolver_number(code: i32) -> Option<i32> {
    use windows_sys::Win32::Networking::WinSock;

    Some(match code {
        WinSock::WSA_NOT_ENOUGH_MEMORY => uv::EAI_MEMORY,
        WinSock::WSAEAFNOSUPPORT => uv::EAI_FAMILY,
        WinSock::WSAHOST_NOT_FOUND => uv::EAI_NONAME,
        WinSock::WSATRY_AGAIN => uv::EAI_AGAIN,
        WinSock::WSANO_RECOVERY => uv::EAI_FAIL,
        WinSock::WSANO_DATA => uv::EAI_NODATA,
        _ => return None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn converts_the_resolver_s_codes_to_libuv_s_numbers() {
        for (code, number) in [
            (libc::EAI_AGAIN, Some(3001)),
            (libc::EAI_FAIL, Some(3004)),
            (libc::EAI_FAMILY, Some(3005)),
            (libc::EAI_MEMORY, Some(3006)),
            (libc::EAI_NONAME, Some(3008)),
            (i32::MAX, None),
        ] {
            assert_eq!(error_number(&ResolverError(code).into()), number, "{code}");
        }
    }

    #[test]
    fn keeps_the_number_of_a_system_error() {
        let full = io::Error::from_raw_os_error(libc::EMFILE);
        assert_eq!(error_number(&full), Some(libc::EMFILE));
        assert_eq!(error_number(&io::ErrorKind::NotFound.into()), None);
    }
}
