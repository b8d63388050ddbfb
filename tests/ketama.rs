//! The ring: golden vectors of libketama and libhansock, and properties of every ring.

use hansock::ketama::{Continuum, ContinuumError, Servers};

/// The vectors: rings, keys and the ordinals that libhansock's own ring gives them.
const GOLDEN: &str = include_str!("data/ketama-golden.json");

#[test]
fn maps_keys_as_libketama_does() {
    let rings = golden_rings();
    assert_eq!(rings.len(), 4);
    for ring in rings {
        let continuum = continuum(&ring.servers);
        let keys = (ring.from..).map(|n| ring.key_format.replace("%d", &n.to_string()));
        let found: Vec<_> = keys
            .take(ring.ordinals.len())
            .map(|key| continuum.server_ordinal(key.as_bytes()))
            .collect();
        assert!(found.len() >= 20);
        assert_eq!(found, ring.ordinals, "{}", ring.name);
    }
}

#[test]
fn gives_160_points_to_each_server_of_equal_weight() {
    for count in [1, 2, 3, 4, 5, 6, 8, 16, 64] {
        let servers: Vec<_> = (0..count).map(|n| (format!("10.0.0.{n}"), 9998, 5)).collect();
        assert_eq!(continuum(&servers).point_count(), 160 * count, "{count} servers");
    }
}

#[test]
fn gives_points_in_proportion_to_the_weights() {
    let server = |host: &str, weight| (host.to_owned(), 9998, weight);
    let ring = continuum(&[server("a", 1), server("b", 3)]);
    assert_eq!(ring.point_count(), 80 + 240);
    let mut keys = [0; 2];
    for n in 0..4000 {
        keys[ring.server_ordinal(format!("key-{n}").as_bytes())] += 1;
    }
    assert!((800..1200).contains(&keys[0]), "about a quarter of the keys: {keys:?}");
}

#[test]
fn depends_only_on_the_proportions_of_the_weights() {
    let ring = |factor: u32| {
        let weights = [1, 2, 4, 8].map(|weight| weight * factor);
        let servers: Vec<_> =
            (0..).zip(weights).map(|(n, weight)| (format!("host-{n}"), 9998, weight)).collect();
        continuum(&servers)
    };
    let (small, large) = (ring(1), ring(1 << 28));
    assert_eq!(small.point_count(), large.point_count());
    for n in 0..500 {
        let key = format!("key-{n}");
        assert_eq!(small.server_ordinal(key.as_bytes()), large.server_ordinal(key.as_bytes()));
    }
}

#[test]
fn accepts_the_largest_weights() {
    let server = |host: &str| (host.to_owned(), 65535, u32::MAX);
    let ring = continuum(&[server("a"), server("b"), server("c")]);
    assert_eq!(ring.point_count(), 480);
}

#[test]
fn maps_no_key_to_a_server_of_weight_0_which_keeps_its_ordinal() {
    let server = |host: &str, weight| (host.to_owned(), 9998, weight);
    let ring = continuum(&[server("a", 1), server("off", 0), server("b", 1)]);
    let mut keys = [0; 3];
    for n in 0..1000 {
        keys[ring.server_ordinal(format!("key-{n}").as_bytes())] += 1;
    }
    assert_eq!(keys[1], 0);
    assert!(keys[0] > 300 && keys[2] > 300, "{keys:?}");
    assert_eq!(ring.server_address(1), Some("off:9998"));
    assert_eq!(ring.server_address(2), Some("b:9998"));
    assert_eq!(ring.server_address(3), None);
}

#[test]
fn rejects_a_ring_without_a_server_that_has_a_weight() {
    assert_eq!(Servers::default().into_continuum().err(), Some(ContinuumError::NoServers));
    let mut servers = Servers::default();
    servers.add("a", 9998, 0).add("b", 9998, 0);
    assert_eq!(servers.into_continuum().err(), Some(ContinuumError::NoWeight));
}

#[test]
fn maps_a_key_that_hashes_to_a_point_to_its_server() {
    let servers: Vec<_> = (0..8).map(|n| (format!("host-{n}"), 9998, 1)).collect();
    let ring = continuum(&servers);
    for ordinal in 0..8 {
        // The server's own points are hashed from such texts.
        let key = format!("host-{ordinal}:9998-7");
        assert_eq!(ring.server_ordinal(key.as_bytes()), ordinal);
    }
}

#[test]
fn accepts_any_bytes_as_keys() {
    let servers: Vec<_> = (0..8).map(|n| (format!("host-{n}"), 9998, 1)).collect();
    let ring = continuum(&servers);
    let keys: [&[u8]; 6] =
        [b"", b"\0", b"\0\0", b"\xff\xfe", &[0x80; 1000], "schl\u{fc}ssel".as_bytes()];
    // These ordinals were computed from the definition with another language's MD5.
    assert_eq!(keys.map(|key| ring.server_ordinal(key)), [6, 3, 1, 3, 1, 0]);
    let bytewise: Vec<_> = (0..=u8::MAX).map(|byte| ring.server_ordinal(&[byte])).collect();
    for ordinal in 0..8 {
        assert!(bytewise.contains(&ordinal), "256 keys of one byte reach every server");
    }
}

fn continuum(servers: &[(String, u16, u32)]) -> Continuum {
    let mut ring = Servers::default();
    for (host, port, weight) in servers {
        ring.add(host, *port, *weight);
    }
    ring.into_continuum().expect("there is a server with a weight")
}

struct Ring {
    name: String,
    servers: Vec<(String, u16, u32)>,
    key_format: String,
    from: u32,
    ordinals: Vec<usize>,
}

enum Token {
    Text(String),
    Number(u32),
}

/// Reads the vectors by the order of their texts and numbers, so that no JSON parser is needed.
fn golden_rings() -> Vec<Ring> {
    let mut tokens = tokens(GOLDEN).into_iter().peekable();
    let mut rings = Vec::new();
    while tokens.peek().is_some() {
        assert_eq!(text(tokens.next()), "name");
        let name = text(tokens.next());
        assert_eq!(text(tokens.next()), "servers");
        let mut servers = Vec::new();
        let mut host = text(tokens.next());
        while host != "keyFormat" {
            let port = number(tokens.next()).try_into().expect("a port");
            servers.push((host, port, number(tokens.next())));
            host = text(tokens.next());
        }
        let key_format = text(tokens.next());
        assert_eq!(text(tokens.next()), "from");
        let from = number(tokens.next());
        assert_eq!(text(tokens.next()), "ordinals");
        let mut ordinals = Vec::new();
        while let Some(Token::Number(ordinal)) =
            tokens.next_if(|token| matches!(token, Token::Number(_)))
        {
            ordinals.push(ordinal as usize);
        }
        rings.push(Ring { name, servers, key_format, from, ordinals });
    }
    rings
}

fn tokens(json: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = json;
    while let Some(start) = rest.find(|c: char| c == '"' || c.is_ascii_digit()) {
        rest = &rest[start..];
        if let Some(quoted) = rest.strip_prefix('"') {
            let (text, after) = quoted.split_once('"').expect("a text ends");
            tokens.push(Token::Text(text.to_owned()));
            rest = after;
        } else {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            tokens.push(Token::Number(rest[..end].parse().expect("digits")));
            rest = &rest[end..];
        }
    }
    tokens
}

fn text(token: Option<Token>) -> String {
    match token {
        Some(Token::Text(text)) => text,
        _ => panic!("the vectors have a text here"),
    }
}

fn number(token: Option<Token>) -> u32 {
    match token {
        Some(Token::Number(number)) => number,
        _ => panic!("the vectors have a number here"),
    }
}
