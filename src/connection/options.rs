//! How a connection presents itself to its server.

use crate::error::{Kind, ServerText};
use crate::protocol::{Batch, BatchWriter, is_plain};

/// A single reply longer than this ends the connection, unless the options say otherwise: 256 MiB.
pub const DEFAULT_MAX_REPLY_BYTES: usize = 256 * 1024 * 1024;

/// The server's error code for a request on a connection that it has not authorised (`unauth`).
pub(super) const UNAUTHORISED: u32 = 3;

/// What a connection sends first on every connect, and what it accepts.
pub struct Options {
    /// The auth request and the handshake's commands, sent in the same write as the batch that follows.
    pub(super) preamble: Batch,
    has_secret: bool,
    pub(super) max_reply_bytes: usize,
}

/// The secret holds a byte below 0x10. The server compares the raw token with its own secret, which such a byte would
/// reach escaped: it can never match.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret holds a control character below 0x10, with which no secret can match")]
pub struct SecretError;

impl Options {
    /// `handshake`'s commands follow the auth request; their replies are not the batch's. A reply longer than
    /// `max_reply_bytes` is refused, and ends the connection.
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

    /// What it means that the server does not take the connection for authorised.
    pub(super) fn unauthorised(&self) -> Kind {
        if self.has_secret { Kind::SecretRefused } else { Kind::SecretMissing }
    }

    /// What it means that the preamble's command at `position` was answered with an error.
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
