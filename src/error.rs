//! What can go wrong with a batch: an opaque error with a stable code, and what the server can have seen of the batch.

use std::fmt;
use std::io;

use crate::protocol::ReplyError;

/// Whether the server can have acted on a batch that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server cannot have acted on it: none of its bytes had been handed to the kernel, or the server refused
    /// every command of it for want of the secret.
    NotSent,
    /// Some bytes had been handed to the kernel: the server may have acted on any part of it.
    Unknown,
}

/// Why a batch failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    /// The host's name did not resolve.
    #[error("could not connect: the host name '{host}' did not resolve ({source})")]
    Lookup { host: String, source: io::Error },
    /// Every address of the host refused, or the socket could not be made.
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
    /// The server wants a secret, and the connection has none.
    #[error(
        "the server wants a secret and the connection has none: give it as the option 'secret' \
         (SHOW VARIABLES LIKE 'handlersocket_plain_secret' tells it)"
    )]
    SecretMissing,
    /// A command of the handshake was answered with an error.
    #[error("the server refused command {} of the handshake with error {code}", .command + 1)]
    Handshake { command: usize, code: u32, message: ServerText },
    /// The deadline passed.
    #[error("the deadline passed {during}")]
    Timeout { during: Stage },
    /// The connection broke: a reset, or an end of file before the last reply.
    #[error("the connection broke: {}", reason_of_loss(.source))]
    Lost { source: Option<io::Error> },
    /// The peer sent something that is no reply, or a reply that nobody asked for.
    #[error("reply {} is not HandlerSocket's protocol: {source}", .reply + 1)]
    Protocol { reply: usize, source: ReplyError },
    /// The owner closed the connection.
    #[error("the connection was closed while the batch was under way")]
    Closed,
    /// The owner gave the execute up.
    #[error("the execute was aborted")]
    Aborted,
    /// Another execute is using the connection.
    #[error("another execute is using the connection: await it first, or use a second connection")]
    Busy,
    /// A defect in this package stopped the driver.
    #[error("a defect in hansock stopped the execute: {message}; please report it")]
    Panic { message: String },
}

/// What a server said. It may be what it was sent, a secret too: neither `Debug` nor an error's text shows it.
pub(crate) struct ServerText(pub(crate) String);

/// What an execute was doing for a connection when its time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing had begun.
    Start,
    /// The host's name was being looked up.
    Lookup,
    /// The connect had not completed.
    Connect,
    /// The batch was under way: `received` of `expected` replies had come.
    Exchange {
        /// Replies of the batch that had come.
        received: usize,
        /// Commands of the batch.
        expected: usize,
    },
}

impl Error {
    /// The stable code meant for programs, the same in JavaScript.
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

    /// The operating system's part of it, where there is one.
    pub fn io_source(&self) -> Option<&io::Error> {
        match &self.0 {
            Kind::Lookup { source, .. } | Kind::Connect { source } => Some(source),
            Kind::Lost { source } => source.as_ref(),
            _ => None,
        }
    }

    /// The host whose name did not resolve, where that is what failed.
    pub fn unresolved_host(&self) -> Option<&str> {
        match &self.0 {
            Kind::Lookup { host, .. } => Some(host),
            _ => None,
        }
    }

    /// Whether the owner gave the execute up, and did not only close the connection.
    pub fn was_aborted(&self) -> bool {
        matches!(self.0, Kind::Aborted)
    }

    /// The server's own error code and message, where a command of the handshake was refused. The message may be anything
    /// that a server sends, and is in no text of this error.
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
