//! A HandlerSocket server in memory.

use std::collections::VecDeque;
use std::rc::Rc;

use super::plan::Plan;
use super::world::Connect;

/// The reply to a command, with its line end.
type Answer = Rc<dyn Fn(&[u8]) -> Vec<u8>>;

/// A listener: the results of its connects, and the replies of its server.
#[derive(Clone)]
pub struct Peer {
    /// The result of each connect in turn; after the last one, all complete at once.
    pub connects: VecDeque<Connect>,
    /// The plan of each link in turn; after the last one, all are without limits and faults.
    pub links: VecDeque<Plan>,
    /// The secret that the server asks for.
    pub secret: Option<Vec<u8>>,
    /// The replies to commands that the server does not refuse; usually [`echo`].
    pub answer: Answer,
}

/// The server's end of a link.
pub(super) struct Session {
    line: Vec<u8>,
    is_authorised: bool,
    /// The replies that were not sent yet.
    pub output: VecDeque<u8>,
    pub executed: Vec<Vec<u8>>,
}

impl Peer {
    pub fn with_secret() -> Self {
        Self { secret: Some(super::SECRET.to_vec()), ..Self::default() }
    }

    pub fn with_link(self, plan: Plan) -> Self {
        Self { links: [plan].into(), ..self }
    }

    pub fn with_connect(self, connect: Connect) -> Self {
        Self { connects: [connect].into(), ..self }
    }

    pub fn with_answer(self, answer: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Self {
        Self { answer: Rc::new(answer), ..self }
    }
}

impl Default for Peer {
    fn default() -> Self {
        Self {
            connects: VecDeque::new(),
            links: VecDeque::new(),
            secret: None,
            answer: Rc::new(echo),
        }
    }
}

/// Answers a command that opens an index with success, and any other with one row of the command's
/// tokens.
pub fn echo(command: &[u8]) -> Vec<u8> {
    if command.starts_with(b"P") {
        return b"0\t1\n".to_vec();
    }
    let tokens = command.split(|&byte| byte == b'\t').count();
    [format!("0\t{tokens}\t").as_bytes(), command, b"\n"].concat()
}

impl Session {
    pub fn new(peer: &Peer) -> Self {
        Self {
            line: Vec::new(),
            is_authorised: peer.secret.is_none(),
            output: VecDeque::new(),
            executed: Vec::new(),
        }
    }

    pub fn read(&mut self, bytes: &[u8], peer: &Peer) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.pop_if(|last| *last == b'\n').is_some() {
                let command = std::mem::take(&mut self.line);
                let reply = self.run(command, peer);
                self.output.extend(reply);
            }
        }
    }

    fn run(&mut self, command: Vec<u8>, peer: &Peer) -> Vec<u8> {
        if let Some(secret) = command.strip_prefix(b"A\t1\t") {
            let is_right = secret == peer.secret.as_deref().unwrap_or_default();
            // A server without a secret refuses a wrong one and keeps serving.
            self.is_authorised = is_right || peer.secret.is_none();
            return if is_right { b"0\t1\n".to_vec() } else { b"3\t1\tunauth\n".to_vec() };
        }
        if !self.is_authorised {
            return b"3\t1\tunauth\n".to_vec();
        }
        let reply = (peer.answer)(&command);
        self.executed.push(command);
        reply
    }
}
