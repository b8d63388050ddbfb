//! The settings of a connection, among them what it sends first.

use crate::error::{Kind, ServerText};
use crate::protocol::{Batch, BatchWriter, is_plain};

/// The default for the longest reply that a connection accepts: 256 MiB.
pub const DEFAULT_MAX_REPLY_BYTES: usize = 256 * 1024 * 1024;

/// The server's error code for a request on an unauthorised connection (`unauth`).
pub(super) const UNAUTHORISED: u32 = 3;

/// The settings of a connection: its secret, its handshake, and the longest reply that it accepts.
pub struct Options {
    /// The auth request and the commands of the handshake. Each connect sends them in one write
    /// with the batch that follows.
    pub(super) preamble: Batch,
    has_secret: bool,
    pub(super) max_reply_bytes: usize,
}

/// The secret holds a byte below 0x10. The server compares its own secret with the raw token, in
/// which such a byte is escaped, so that secret can never match.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret holds a control character below 0x10, with which no secret can match")]
pub struct SecretError;

impl Options {
    /// Makes the settings. The commands of `handshake` follow the auth request; their replies are
    /// not passed to the caller. A reply of more than `max_reply_bytes` ends the connection.
    pub fn new(
        secret: Option<&[u8]>,
        handshake: &Batch,
        max_reply_bytes: usize,
    ) -> Result<Self, SecretError> {
        let mut writer = BatchWriter::default();
        if let Some(secret) = secret {
            if !is_plain(secret) {
                return Err(SecretError);
            }
            writer.token(b"A").token(b"1").token(secret).end();
        }
        writer.append(handshake);
        let preamble = writer.finish().expect("an auth request and a batch are whole commands");
        Ok(Self { preamble, has_secret: secret.is_some(), max_reply_bytes })
    }

    /// The error if the server says that the connection is not authorised.
    pub(super) fn unauthorised(&self) -> Kind {
        if self.has_secret { Kind::SecretRefused } else { Kind::SecretMissing }
    }

    /// The error if the server refuses the preamble's command at `position`.
    pub(super) fn refusal(&self, position: usize, code: u32, message: &[u8]) -> Kind {
        if code == UNAUTHORISED || (position == 0 && self.has_secret) {
            return self.unauthorised();
        }
        Kind::Handshake {
            command: position - usize::from(self.has_secret),
            code,
            message: ServerText(String::from_utf8_lossy(message).into_owned()),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        let preamble = Batch::default();
        Self { preamble, has_secret: false, max_reply_bytes: DEFAULT_MAX_REPLY_BYTES }
    }
}
