//! Commands as bytes: a writer that escapes tokens, and batches that are known to hold whole
//! commands only.

use std::ops::Range;

use super::{ESCAPE, ESCAPE_OFFSET, FIRST_PLAIN, LINE_FEED, NULL, TAB};

/// Whole commands that are ready to be sent, and the number of replies that they get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    bytes: Vec<u8>,
    commands: usize,
}

/// The reason why bytes are not a [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The last command has no line end.
    #[error("the last command has no line end")]
    Incomplete,
    /// A command begins with `Q` or `/`, which no request does. The server's listener shuts down at
    /// the first and drops the connection at the second (observed on MariaDB 10.11).
    #[error(
        "command {} begins with '{}': no request does, and the server shuts down at it",
        .command + 1, char::from(*.first)
    )]
    Forbidden {
        /// The index of the command.
        command: usize,
        /// `Q` or `/`.
        first: u8,
    },
}

/// Writes commands token by token.
///
/// ```
/// use hansock::protocol::BatchWriter;
///
/// let mut writer = BatchWriter::default();
/// writer.token(b"1").token(b"=").token(b"1").token(b"a\tb").end();
/// let batch = writer.finish().unwrap();
/// assert_eq!(batch.bytes(), b"1\t=\t1\ta\x01Ib\n");
/// assert_eq!(batch.commands(), 1);
/// ```
#[derive(Debug, Default)]
pub struct BatchWriter {
    bytes: Vec<u8>,
    in_command: bool,
}

impl Batch {
    /// Checks and takes bytes of the protocol.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, BatchError> {
        let mut commands = 0;
        let mut start = 0;
        for end in memchr::memchr_iter(LINE_FEED, &bytes) {
            if let first @ (b'Q' | b'/') = bytes[start] {
                return Err(BatchError::Forbidden { command: commands, first });
            }
            commands += 1;
            start = end + 1;
        }
        if start < bytes.len() {
            return Err(BatchError::Incomplete);
        }
        Ok(Self { bytes, commands })
    }

    /// The bytes as they are sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of commands, which is also the number of replies.
    pub fn commands(&self) -> usize {
        self.commands
    }

    /// The number of commands that end in a part of the bytes.
    pub(crate) fn commands_in(&self, part: Range<usize>) -> usize {
        match part == (0..self.bytes.len()) {
            true => self.commands,
            false => memchr::memchr_iter(LINE_FEED, &self.bytes[part]).count(),
        }
    }

    /// The first byte of the first command.
    pub(crate) fn first_byte(&self) -> Option<u8> {
        self.bytes.first().copied()
    }
}

impl BatchWriter {
    /// Appends a token, escaped.
    pub fn token(&mut self, token: &[u8]) -> &mut Self {
        self.separate();
        write_escaped(&mut self.bytes, token);
        self
    }

    /// Appends a number as a decimal token.
    pub fn decimal(&mut self, number: u64) -> &mut Self {
        self.token(number.to_string().as_bytes())
    }

    /// Appends SQL NULL.
    pub fn null(&mut self) -> &mut Self {
        self.separate();
        self.bytes.push(NULL);
        self
    }

    /// Ends the command.
    pub fn end(&mut self) -> &mut Self {
        self.bytes.push(LINE_FEED);
        self.in_command = false;
        self
    }

    /// Appends a batch's commands.
    pub fn append(&mut self, batch: &Batch) -> &mut Self {
        debug_assert!(!self.in_command, "a batch begins with a new command");
        self.bytes.extend_from_slice(&batch.bytes);
        self
    }

    /// Returns the batch. It fails if the last command is not ended, or if a command begins with a
    /// byte that none may begin with.
    pub fn finish(self) -> Result<Batch, BatchError> {
        Batch::from_bytes(self.bytes)
    }

    fn separate(&mut self) {
        if self.in_command {
            self.bytes.push(TAB);
        }
        self.in_command = true;
    }
}

/// Whether no byte of `token` needs an escape.
pub fn is_plain(token: &[u8]) -> bool {
    token.iter().all(|&byte| byte >= FIRST_PLAIN)
}

/// Appends `token` and escapes its bytes 0x00 to 0x0f.
pub fn write_escaped(buffer: &mut Vec<u8>, token: &[u8]) {
    for &byte in token {
        if byte < FIRST_PLAIN {
            buffer.extend_from_slice(&[ESCAPE, byte + ESCAPE_OFFSET]);
        } else {
            buffer.push(byte);
        }
    }
}
