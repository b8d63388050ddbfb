//! The errors of a batch: each has a stable code and says whether the server can have acted on the
//! batch.

use std::fmt;
use std::io;

use crate::protocol::ReplyError;

/// Whether the server can have acted on a batch that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server cannot have acted on it: the kernel was given none of its bytes, or the server
    /// refused every command because the connection was not authorised.
    NotSent,
    /// The server may have acted on any part of it: the kernel was given some of its bytes.
    Unknown,
}

/// The reason why a batch failed. [`Error::code`] identifies it; the other methods give the parts
/// that some codes have.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

/// The reasons, with the text of each.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    /// The host name did not resolve.
    #[error("could not connect: the host name '{host}' did not resolve ({source})")]
    Lookup { host: String, source: io::Error },
    /// Every address of the host failed, or the socket could not be created.
    #[error(
        "could not connect: {source}. Is the server running, with handlersocket_port set and \
         reachable?"
    )]
    Connect { source: io::Error },
    /// The server refused the secret.
    #[error(
        "the server refused the secret. MariaDB makes up a new one at each start unless \
         handlersocket_plain_secret is configured; a server without one refuses any"
    )]
    SecretRefused,
    /// The server asks for a secret, and the connection has none.
    #[error(
        "the server wants a secret and the connection has none: give it as the option 'secret' \
         (SHOW VARIABLES LIKE 'handlersocket_plain_secret' tells it)"
    )]
    SecretMissing,
    /// The server answered a command of the handshake with an error.
    #[error("the server refused command {} of the handshake with error {code}", .command + 1)]
    Handshake { command: usize, code: u32, message: ServerText },
    /// The deadline passed.
    #[error("the deadline passed {during}")]
    Timeout { during: Stage },
    /// The connection broke: it was reset, or it ended before the last reply.
    #[error("the connection broke: {}", reason_of_loss(.source))]
    Lost { source: Option<io::Error> },
    /// The peer sent a malformed reply, or one that no command asked for.
    #[error("reply {} is not HandlerSocket's protocol: {source}", .reply + 1)]
    Protocol { reply: usize, source: ReplyError },
    /// The owner closed the connection.
    #[error("the connection was closed while the batch was under way")]
    Closed,
    /// The owner aborted the execute.
    #[error("the execute was aborted")]
    Aborted,
    /// Another execute is using the connection.
    #[error("another execute is using the connection: await it first, or use a second connection")]
    Busy,
    /// A panic, which is a defect of this package, stopped the driver.
    #[error("a defect in hansock stopped the execute: {message}; please report it")]
    Panic { message: String },
}

/// A text that a server sent. It can be an echo of the secret, so neither `Debug` nor the text of
/// an error shows it.
pub(crate) struct ServerText(pub(crate) String);

/// The stage that an execute had reached for a connection when its deadline passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing had started.
    Start,
    /// The host name was being looked up.
    Lookup,
    /// The connect had not completed.
    Connect,
    /// The batch was in flight: `received` of `expected` replies had arrived.
    Exchange {
        /// The replies of the batch that had arrived.
        received: usize,
        /// The commands of the batch.
        expected: usize,
    },
}

impl Error {
    /// The stable code for programs, which is the same in JavaScript.
    pub fn code(&self) -> &'static str {
        match self.0 {
            Kind::Lookup { .. } | Kind::Connect { .. } => "ERR_HS_CONNECT",
            Kind::SecretRefused | Kind::SecretMissing => "ERR_HS_AUTH",
            Kind::Handshake { .. } => "ERR_HS_SERVER",
            Kind::Timeout { .. } => "ERR_HS_TIMEOUT",
            Kind::Lost { .. } | Kind::Panic { .. } => "ERR_HS_LOST",
            Kind::Protocol { .. } => "ERR_HS_PROTOCOL",
            Kind::Closed | Kind::Aborted => "ERR_HS_CLOSED",
            Kind::Busy => "ERR_HS_BUSY",
        }
    }

    /// The operating system's error, if there is one.
    pub fn io_source(&self) -> Option<&io::Error> {
        match &self.0 {
            Kind::Lookup { source, .. } | Kind::Connect { source } => Some(source),
            Kind::Lost { source } => source.as_ref(),
            _ => None,
        }
    }

    /// The host name that did not resolve, if that is the reason.
    pub fn unresolved_host(&self) -> Option<&str> {
        match &self.0 {
            Kind::Lookup { host, .. } => Some(host),
            _ => None,
        }
    }

    /// Whether the owner aborted the execute, as opposed to closing the connection.
    pub fn was_aborted(&self) -> bool {
        matches!(self.0, Kind::Aborted)
    }

    /// The server's error code and message, if it refused a command of the handshake. A server can
    /// send any text as the message, so no text of this error contains it.
    pub fn server_error(&self) -> Option<(u32, &str)> {
        match &self.0 {
            Kind::Handshake { code, message, .. } => Some((*code, &message.0)),
            _ => None,
        }
    }
}

fn reason_of_loss(source: &Option<io::Error>) -> &dyn fmt::Display {
    match source {
        Some(source) => source,
        None => &"the server closed it before the last reply",
    }
}

impl fmt::Debug for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stage::Start => f.write_str("before anything was sent"),
            Stage::Lookup => f.write_str("while the host's name was being looked up"),
            Stage::Connect => f.write_str("before the server accepted the connection"),
            Stage::Exchange { received, expected } => {
                write!(f, "with {received} of {expected} replies received")
            }
        }
    }
}
