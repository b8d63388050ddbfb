//! Properties of the protocol's bytes.

use hansock::protocol::{
    Batch, BatchError, BatchWriter, ReplyError, ReplyHead, ReplyReader, SEGMENT_BYTES, Segment,
    check_reply, is_plain, write_escaped,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// `None` is SQL NULL.
type Value = Option<Vec<u8>>;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn escapes_tokens_reversibly_and_without_separators(token in bytes(0..200)) {
        let mut escaped = Vec::new();
        write_escaped(&mut escaped, &token);
        prop_assert!(!escaped.iter().any(|byte| b"\t\n\r\0".contains(byte)));
        prop_assert_eq!(escaped == token, is_plain(&token));
        prop_assert_eq!(&unescape(&escaped), &token);
        let mut space = vec![0; escaped.len()];
        let end = hansock::protocol::unescape(&escaped, &mut space);
        prop_assert_eq!(&space[..end], &token[..]);
    }

    #[test]
    fn accepts_replies_of_any_values(
        error_code in any::<u32>(),
        columns in 1..6usize,
        rows in 0..4usize,
        pool in prop::collection::vec(prop::option::of(bytes(0..20)), 20),
    ) {
        let values = &pool[..columns * rows];
        let line = reply_line(error_code, columns, values);
        let head = check_reply(&line);
        let columns = columns as u32;
        let values_start = format!("{error_code}\t{columns}\t").len().min(line.len());
        prop_assert_eq!(head, Ok(ReplyHead { error_code, columns, values_start }));
        prop_assert_eq!(read_values(&line), values);
    }

    #[test]
    fn checks_any_line_as_the_plain_rules_do(line in tricky_line()) {
        prop_assert_eq!(check_reply(&line).is_ok(), is_reply(&line), "{}", line.escape_ascii());
    }

    #[test]
    fn reports_error_offsets_within_the_line(line in tricky_line()) {
        let offset = match check_reply(&line) {
            Err(
                ReplyError::NoNumber { offset }
                | ReplyError::BadEscape { offset }
                | ReplyError::NulInside { offset },
            ) => offset,
            Ok(head) => head.values_start,
            Err(_) => 0,
        };
        prop_assert!(offset <= line.len());
    }

    #[test]
    fn reads_a_stream_the_same_however_it_is_split(
        lines in prop::collection::vec(reply(), 0..20),
        end in tricky_bytes(0..10),
        cuts in prop::collection::vec(1..100usize, 1..10),
    ) {
        let stream = [lines.concat(), end].concat();
        let whole = Reading::of(&stream, &[usize::MAX], usize::MAX);
        prop_assert_eq!(&whole, &Reading::of(&stream, &cuts, usize::MAX));
        prop_assert_eq!(&whole, &Reading::of(&stream, &[1], usize::MAX));
        prop_assert!(whole.replies.len() >= lines.len());
        prop_assert_eq!(&whole.bytes, &whole.replies.concat());
    }

    #[test]
    fn reads_several_segments_the_same_however_they_are_split(
        sizes in prop::collection::vec(prop_oneof![5..2000usize, 30_000..140_000usize], 1..4),
        cuts in prop::collection::vec(500..80_000usize, 1..5),
    ) {
        let stream: Vec<u8> = sizes.iter().flat_map(|&size| reply_of(size)).collect();
        let reading = Reading::of(&stream, &cuts, usize::MAX);
        prop_assert_eq!(reading.error, None);
        prop_assert!(reading.replies.iter().map(Vec::len).eq(sizes));
        // Compared without `prop_assert_eq`, which would print all of it.
        prop_assert!(reading.bytes == stream && reading.replies.concat() == stream);
    }

    #[test]
    fn checks_a_long_line_in_pieces_as_it_does_whole(
        columns in 1..4u32,
        before in SEGMENT_BYTES - 60..SEGMENT_BYTES + 20,
        middle in tricky_bytes(0..40),
        behind in 0..2 * SEGMENT_BYTES,
        end in tricky_bytes(0..3),
        cuts in prop::collection::vec(prop_oneof![1..20usize, 30_000..80_000usize], 1..8),
    ) {
        let head = format!("0\t{columns}\t");
        let parts = [head.as_bytes(), &vec![b'x'; before], &middle, &vec![b'y'; behind], &end];
        let mut line = parts.concat();
        line.retain(|&byte| byte != b'\n');
        let whole = check_reply(&line).map(|_| ());
        line.push(b'\n');
        let reading = Reading::of(&line, &cuts, usize::MAX);
        prop_assert_eq!(reading.error.map_or(Ok(()), Err), whole);
    }

    #[test]
    fn rejects_the_first_reply_longer_than_the_limit(
        lines in prop::collection::vec(reply(), 1..20),
        limit in 3..40usize,
        cuts in prop::collection::vec(1..50usize, 1..5),
    ) {
        let short = lines.iter().take_while(|line| line.len() <= limit + 1).count();
        let reading = Reading::of(&lines.concat(), &cuts, limit);
        prop_assert_eq!(&reading.replies[..], &lines[..short]);
        let error = (short < lines.len()).then_some(ReplyError::TooLong { limit });
        prop_assert_eq!(reading.error, error);
    }

    #[test]
    fn counts_the_commands_of_a_batch_as_a_plain_parser_does(source in tricky_bytes(0..60)) {
        let batch = Batch::from_bytes(source.clone());
        prop_assert_eq!(batch.as_ref().map(Batch::commands).map_err(|error| *error), count(&source));
        if let Ok(batch) = batch {
            prop_assert_eq!(batch.bytes(), source);
        }
    }

    #[test]
    fn writes_commands_with_the_given_tokens(
        commands in prop::collection::vec(prop::collection::vec(any_value(), 1..6), 0..6),
    ) {
        let mut writer = BatchWriter::default();
        for values in &commands {
            writer.decimal(7);
            for value in values {
                match value {
                    Some(token) => writer.token(token),
                    None => writer.null(),
                };
            }
            writer.end();
        }
        let batch = writer.finish().expect("a command may begin with a number");
        prop_assert_eq!(batch.commands(), commands.len());
        let lines = batch.bytes().split_inclusive(|&byte| byte == b'\n');
        let read: Vec<_> = lines.map(|line| read_tokens(&line[..line.len() - 1])).collect();
        let expected = commands.into_iter().map(|values| {
            [vec![Some(b"7".to_vec())], values].concat()
        });
        prop_assert_eq!(read, expected.collect::<Vec<_>>());
    }
}

#[test]
fn escapes_exactly_the_bytes_below_0x10() {
    for byte in 0..=u8::MAX {
        let mut escaped = Vec::new();
        write_escaped(&mut escaped, &[byte]);
        let expected = if byte < 0x10 { vec![0x01, 0x40 + byte] } else { vec![byte] };
        assert_eq!(escaped, expected);
        assert_eq!(is_plain(&[byte]), byte >= 0x10);
    }
}

#[test]
fn rejects_commands_that_stop_the_server() {
    let forbidden = |command, first| Err(BatchError::Forbidden { command, first });
    assert_eq!(commands(b"Q\n"), forbidden(0, b'Q'));
    assert_eq!(commands(b"/\n"), forbidden(0, b'/'));
    assert_eq!(commands(b"1\t=\n\nQuit\n"), forbidden(2, b'Q'));
    assert_eq!(commands(b"1\t=\n/x\n1"), forbidden(1, b'/'));
    assert_eq!(commands(b"Q"), Err(BatchError::Incomplete));
    assert_eq!(commands(b"1\t=\t1\tQ/\n"), Ok(1));
    assert_eq!(commands(b"\n\n"), Ok(2));
    assert_eq!(commands(b""), Ok(0));

    let mut writer = BatchWriter::default();
    writer.decimal(1).end().token(b"Q");
    assert_eq!(writer.finish(), Err(BatchError::Incomplete));
    let mut writer = BatchWriter::default();
    writer.decimal(1).end().token(b"Q").end();
    assert_eq!(writer.finish().map(|batch| batch.commands()), forbidden(1, b'Q'));
}

#[test]
fn appends_batches_to_commands() {
    let first = Batch::from_bytes(b"A\t1\tx\nP\n".to_vec()).expect("the commands are whole");
    let mut writer = BatchWriter::default();
    writer.append(&first).decimal(u64::MAX).null().token(b"").end().append(&first);
    let batch = writer.finish().expect("the commands are whole");
    assert_eq!(batch.bytes(), b"A\t1\tx\nP\n18446744073709551615\t\0\t\nA\t1\tx\nP\n");
    assert_eq!(batch.commands(), 5);
}

#[test]
fn keeps_the_line_out_of_the_error() {
    let secret = b"0\t1\tthe secret\x01";
    let error = check_reply(secret).expect_err("an escape is broken").to_string();
    assert_eq!(error, "a broken escape (byte 14)");
    let error = Batch::from_bytes(b"1\nQ\n".to_vec()).expect_err("Q is forbidden").to_string();
    assert!(error.starts_with("command 2 begins with 'Q'"), "{error}");
}

/// The result of reading a stream.
#[derive(Debug, PartialEq)]
struct Reading {
    /// The replies with their line ends.
    replies: Vec<Vec<u8>>,
    error: Option<ReplyError>,
    bytes: Vec<u8>,
}

impl Reading {
    fn of(mut stream: &[u8], cuts: &[usize], limit: usize) -> Self {
        let mut reader = ReplyReader::new(100_000, limit);
        let mut replies = Vec::new();
        let mut error = None;
        for cut in cuts.iter().cycle() {
            if stream.is_empty() || error.is_some() {
                break;
            }
            let room = reader.room();
            assert!((1..=SEGMENT_BYTES).contains(&room));
            let (piece, rest) = stream.split_at(room.min(stream.len()).min(*cut));
            reader.push(piece);
            stream = rest;
            loop {
                match reader.next_reply() {
                    Ok(Some((_, line))) => replies.push([line, b"\n"].concat()),
                    Ok(None) => break,
                    Err(refusal) => {
                        error = Some(refusal);
                        break;
                    }
                }
            }
        }
        let segments = reader.into_segments();
        for bytes in segments.iter().map(Segment::bytes) {
            let is_one_reply =
                bytes.iter().position(|&byte| byte == b'\n') == Some(bytes.len() - 1);
            assert!(bytes.ends_with(b"\n") && (bytes.len() <= SEGMENT_BYTES || is_one_reply));
        }
        Self { replies, error, bytes: segments.iter().flat_map(Segment::bytes).copied().collect() }
    }
}

fn commands(bytes: &[u8]) -> Result<usize, BatchError> {
    Batch::from_bytes(bytes.to_vec()).map(|batch| batch.commands())
}

/// Counts commands as `Batch::from_bytes` does, but one byte at a time.
fn count(source: &[u8]) -> Result<usize, BatchError> {
    let mut commands = 0;
    let mut command = Vec::new();
    for &byte in source {
        match (byte, command.first()) {
            (b'\n', Some(&first @ (b'Q' | b'/'))) => {
                return Err(BatchError::Forbidden { command: commands, first });
            }
            (b'\n', _) => {
                commands += 1;
                command.clear();
            }
            _ => command.push(byte),
        }
    }
    if command.is_empty() { Ok(commands) } else { Err(BatchError::Incomplete) }
}

/// Whether a line is a reply, decided token by token.
fn is_reply(line: &[u8]) -> bool {
    let mut tokens = line.split(|&byte| byte == b'\t');
    let mut number = || {
        let token = str::from_utf8(tokens.next()?).ok()?;
        token.bytes().all(|byte| byte.is_ascii_digit()).then(|| token.parse::<u32>().ok())?
    };
    let (Some(_), Some(columns)) = (number(), number()) else {
        return false;
    };
    let values: Vec<_> = tokens.collect();
    let is_whole = match columns {
        0 => values.is_empty(),
        4097.. => return false,
        columns => values.len() % columns as usize == 0,
    };
    is_whole && values.into_iter().all(is_value)
}

fn is_value(value: &[u8]) -> bool {
    let mut bytes = value.iter();
    let mut is_escaped_well = true;
    while let Some(&byte) = bytes.next() {
        if byte == 1 {
            is_escaped_well &= bytes.next().is_some_and(|escaped| (0x40..0x50).contains(escaped));
        }
    }
    is_escaped_well && (value == [0] || !value.contains(&0))
}

fn reply_line(error_code: u32, columns: usize, values: &[Value]) -> Vec<u8> {
    let mut line = format!("{error_code}\t{columns}").into_bytes();
    for value in values {
        line.push(b'\t');
        match value {
            Some(value) => write_escaped(&mut line, value),
            None => line.push(0),
        }
    }
    line
}

fn reply_of(size: usize) -> Vec<u8> {
    let mut line = b"0\t1\t".to_vec();
    line.resize(size - 1, b'x');
    line.push(b'\n');
    line
}

fn read_values(line: &[u8]) -> Vec<Value> {
    read_tokens(line).split_off(2)
}

fn read_tokens(line: &[u8]) -> Vec<Value> {
    let tokens = line.split(|&byte| byte == b'\t');
    tokens.map(|token| (token != [0]).then(|| unescape(token))).collect()
}

fn unescape(token: &[u8]) -> Vec<u8> {
    let mut bytes = token.iter();
    let mut plain = Vec::new();
    while let Some(&byte) = bytes.next() {
        plain.push(match byte {
            1 => bytes.next().expect("an escape has two bytes") - 0x40,
            byte => byte,
        });
    }
    plain
}

fn reply() -> impl Strategy<Value = Vec<u8>> {
    (any::<u8>(), prop::collection::vec(any_value(), 0..5)).prop_map(|(code, values)| {
        let mut line = reply_line(u32::from(code), values.len().max(1), &values);
        line.push(b'\n');
        line
    })
}

fn any_value() -> impl Strategy<Value = Value> {
    prop::option::weighted(0.8, bytes(0..30))
}

fn bytes(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![any::<u8>(), 0..0x20u8], length)
}

/// Lines that begin like a reply or nearly so, followed by tricky bytes.
fn tricky_line() -> impl Strategy<Value = Vec<u8>> {
    let heads = ["0\t1", "0\t1\t", "2\t2\t", "0\t0", "4294967295\t3\t", "4294967296\t1", ""];
    (prop::sample::select(heads.to_vec()), tricky_bytes(0..20)).prop_map(|(head, rest)| {
        let bytes = head.bytes().chain(rest);
        bytes.filter(|&byte| byte != b'\n').collect()
    })
}

/// Mostly bytes that have a meaning in the protocol.
fn tricky_bytes(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let tricky = prop::sample::select(&b"\0\0\x01\x01\t\t\t\t\n\n@AOP0011223/Qx\r\xff"[..]);
    prop::collection::vec(prop_oneof![6 => tricky, 1 => any::<u8>()], length)
}

/// The same cases in every run, unless `PROPTEST_CASES` or `PROPTEST_RNG_SEED` is set.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(20_260_101);
    }
    config
}
