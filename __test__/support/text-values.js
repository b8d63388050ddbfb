'use strict';

/*
 * As column-values.js: columns of text and of bytes.
 */

const { junk } = require('./column-values.js');

/** @typedef {import('./column-values.js').Case} Case */

const SHOWN = "CONCAT(HEX(CONVERT(c USING utf32)), '/', HEX(c))";
const codePoints = (text) => Array.from(text, (character) => character.codePointAt(0));
const utf32 = (text) =>
  codePoints(text)
    .map((point) => point.toString(16).padStart(8, '0').toUpperCase())
    .join('');

/** Shown of a string by its characters, of bytes by themselves. */
function exactly(value, shown) {
  const [characters, bytes] = shown.split('/');
  return typeof value === 'string'
    ? `${utf32(value)}/${bytes}`
    : `${characters}/${value.toString('hex').toUpperCase()}`;
}

const form = (value) => (typeof value === 'string' ? value : undefined);

/** A function that gives a character at random, of those that the charset has and others. */
function characters(charset) {
  let own = [];
  try {
    const { both } = require(`../../lib/schema/charsets/${charset}.json`);
    own = Object.values(both).flatMap((run) => [...run]);
  } catch {
    own = ['é', '漢', '😀', '\u{10ffff}', '\uffff', '\ufffe', '\ufffd'];
  }
  return (random) =>
    random.oneOf(
      () => random.pick(own),
      () => random.pick(own),
      () => String.fromCharCode(random.integer(0, 0x7f)),
      () =>
        random.pick([
          '\\',
          '~',
          '¥',
          ' ',
          '\t',
          '\0',
          '\n',
          '\x01',
          "'",
          '€',
          'ß',
          '\ue000',
          '\ud800',
          '\udfff',
        ]),
      () => String.fromCharCode(random.integer(0, 0xd7ff)),
      () => (random.chance(0.1) ? String.fromCodePoint(random.integer(0x10000, 0x10ffff)) : 'a'),
    );
}

/** Mostly of characters that the charset has: else hardly any text would be taken. */
function texts(charset, length) {
  const any = characters(charset);
  const plain = (random) =>
    random.oneOf(
      () => any(random),
      () => random.pick([...'abc XYZ1\\']),
    );
  return (random) =>
    Array.from({ length: random.integer(Math.max(0, length - 5), length + 1) }, () =>
      random.chance(0.8) ? plain(random) : 'x',
    ).join('');
}

/** @returns {Case} */
function text(declared, charset, length) {
  const make = texts(charset, length);
  return {
    declared: `${declared} CHARACTER SET ${charset}`,
    value: (random) =>
      random.oneOf(
        () => make(random),
        () => make(random),
        () => make(random),
        () => Buffer.from(make(random)),
        () => random.bytes(random.integer(0, 6)),
        () => junk(random),
      ),
    shown: SHOWN,
    exactly,
    form,
    takes: ['', 'a', 'a\tb'.slice(0, length)],
    refuses: ['a'.repeat(length + 1), Buffer.from('a'.repeat(4 * length + 4)), 5, null, '\ud800'],
  };
}

/** @returns {Case} */
function charOf(charset) {
  const tried = text('CHAR(5)', charset, 5);
  return { ...tried, refuses: [...tried.refuses, 'a '] };
}

/** @returns {Case} */
function bytes(declared, length, isFixed) {
  return {
    declared,
    value: (random) =>
      random.oneOf(
        () => random.bytes(random.integer(Math.max(0, length - 2), length + 2)),
        () => random.bytes(length),
        () => random.pick(['é', 'aé', 'abcde', 'abcdef', '\ud800', 'a\0bcd']),
        () => junk(random),
      ),
    shown: "CONCAT('/', HEX(c))",
    exactly: (value) => `/${Buffer.from(value).toString('hex').toUpperCase()}`,
    form: (value) => Buffer.from(value),
    takes: [Buffer.alloc(length), Buffer.alloc(length, 0x20), new Uint8Array(length)],
    refuses: [
      Buffer.alloc(length + 1),
      5,
      null,
      '\ud800',
      ...(isFixed ? [Buffer.alloc(length - 1)] : []),
    ],
  };
}

/** @returns {Case} */
function enumOf(charset, members) {
  const names = members
    .map((member) => `'${member.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`)
    .join(',');
  return {
    declared: `ENUM(${names}) CHARACTER SET ${charset}`,
    value: (random) =>
      random.oneOf(
        () => random.pick(members),
        () => random.pick(['', '0', '1', '2', '3', 'A', 'a ', ' a', 'zz', Buffer.from('a'), 1]),
        () => junk(random),
      ),
    shown: SHOWN,
    exactly,
    form,
    takes: members,
    refuses: ['zz', '99', 1, null],
  };
}

/** @returns {Case} */
function setOf(charset, members) {
  const names = members.map((member) => `'${member}'`).join(',');
  return {
    declared: `SET(${names}) CHARACTER SET ${charset}`,
    value: (random) =>
      random.oneOf(
        () => Array.from({ length: random.integer(0, 4) }, () => random.pick(members)).join(','),
        () =>
          Array.from({ length: random.integer(0, 4) }, () =>
            random.pick([...members, 'zz', '']),
          ).join(','),
        () => random.pick(['', ',', '1', '3', 'A', 'a,', ',a', 'a, b']),
        () => junk(random),
      ),
    shown: SHOWN,
    exactly: (value, shown) => exactly(inOrder(value), shown),
    form: (value) => inOrder(value),
    takes: ['', members[0], members.join(','), members.toReversed().join(',')],
    refuses: ['zz', `${members[0]},${members[0]}`, `${members[0]},`, 1, null],
  };

  function inOrder(value) {
    const given = value.split(',');
    return members.filter((member) => given.includes(member)).join(',');
  }
}

/** @returns {Case} */
function json() {
  const value = (random, depth) =>
    random.oneOf(
      () =>
        random.pick([
          'null',
          'true',
          '1',
          '-0',
          '1e999',
          '1.5e-3',
          '"a"',
          '"\\u00e9\\ud83d\\ude00"',
          '"\\ud800"',
          '"\\\\ud800"',
          '"\\udc00\\ud800"',
          '"\\uD83D\\uDE00\\\\"',
          '"é😀"',
          '"\\"\\\\\\n"',
          '[]',
          '{}',
          '{"a":1,"a":2}',
        ]),
      () =>
        depth > 3
          ? '[]'
          : `[${Array.from({ length: random.integer(0, 3) }, () => value(random, depth + 1)).join(random.pick([',', ' , ']))}]`,
      () =>
        depth > 3
          ? '{}'
          : `{${Array.from({ length: random.integer(0, 3) }, (_, i) => `"k${i}":${value(random, depth + 1)}`).join(',')}}`,
    );
  const broken = (random, given) => {
    const at = random.integer(0, given.length);
    return (
      given.slice(0, at) +
      random.pick([
        '',
        ',',
        '"',
        '\\',
        '}',
        ']',
        "'",
        '\t',
        '\x01',
        '\x7f',
        '\ufeff',
        '\u00a0',
        '01',
        '.',
        '+',
        'é',
        '\ud800',
        '/*x*/',
      ]) +
      given.slice(at + random.integer(0, 1))
    );
  };
  const nested = (random) => {
    const levels = random.integer(28, 36);
    return random.oneOf(
      () => '['.repeat(levels) + ']'.repeat(levels),
      () => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
      () => `${'[['.repeat(levels / 2)}"[[["${']]'.repeat(levels / 2)}`,
    );
  };
  const isText = (given) => typeof given === 'string' || Buffer.isBuffer(given);
  const textOf = (given) => (isText(given) ? String(given) : JSON.stringify(given));
  return {
    declared: 'JSON',
    value: (random) =>
      random.oneOf(
        () => value(random, 0),
        () => broken(random, value(random, 0)),
        () => broken(random, value(random, 0)),
        () => nested(random),
        () => ({ a: random.pick([1, 'é', [null], '\ud800', undefined]), '\u2028': [true] }),
        () => random.pick([5, true, [1], 5n, 0.1]),
        () => junk(random),
      ),
    // A CHECK constraint would refuse it by SQL.
    shown: "CONCAT(JSON_VALID(c), '/', HEX(c))",
    exactly: (given) =>
      `1/${Buffer.from(typeof given === 'bigint' ? String(given) : textOf(given))
        .toString('hex')
        .toUpperCase()}`,
    form: (given) => JSON.parse(typeof given === 'bigint' ? String(given) : textOf(given)),
    takes: ['1', '"a"', { a: [1] }, [], 5, true, '['.repeat(31) + ']'.repeat(31)],
    refuses: [
      '',
      'a',
      '{"a"}',
      "{'a':1}",
      '['.repeat(40) + ']'.repeat(40),
      NaN,
      undefined,
      () => 1,
      null,
    ],
  };
}

const hex = (random, length) => random.bytes(length).toString('hex');

/** @returns {Case} */
function uuid() {
  const dashed = (digits) => digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return {
    declared: 'UUID',
    value: (random) =>
      random.oneOf(
        () => dashed(hex(random, 16)),
        () => dashed(hex(random, 16)).toUpperCase(),
        () => hex(random, 16),
        () => random.bytes(random.pick([15, 16, 16, 16, 17])),
        () =>
          random.pick([
            '00000000-0000-0000-0000-000000000000',
            '{123e4567-e89b-12d3-a456-426655440000}',
            '123e4567-e89b-12d3-a456-42665544000g',
          ]),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) =>
      dashed(Buffer.isBuffer(value) ? value.toString('hex') : value.toLowerCase()),
    form: (_value, shown) => shown,
    takes: ['123e4567-e89b-12d3-a456-426655440000', Buffer.alloc(16)],
    refuses: ['123e4567', '', Buffer.alloc(15), '446eebe2-6d11-da06-7d21-ef1255301418', 5, null],
  };
}

/** @returns {Case} */
function inet4() {
  return {
    declared: 'INET4',
    value: (random) =>
      random.oneOf(
        () =>
          Array.from({ length: random.pick([3, 4, 4, 4, 4, 5]) }, () =>
            random.pick([0, 1, 9, 255, 256, random.integer(0, 255)]),
          ).join('.'),
        () => random.bytes(random.pick([3, 4, 4, 5])),
        () => random.pick(['01.2.3.4', '1.2.3.4 ', ' 1.2.3.4', '::1', '1.2.3', '0x1.2.3.4']),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) => (Buffer.isBuffer(value) ? [...value].join('.') : value),
    form: (_value, shown) => shown,
    takes: ['0.0.0.0', '255.255.255.255', Buffer.from([1, 2, 3, 4])],
    refuses: ['256.0.0.1', '1.2.3', '::1', 5, null],
  };
}

/** @returns {Case} */
function inet6() {
  const group = (random) =>
    random.pick(['0', '0', '1', 'ffff', 'FFFF', '0db8', random.integer(0, 65535).toString(16)]);
  const groups = (random, count) => Array.from({ length: count }, () => group(random)).join(':');
  return {
    declared: 'INET6',
    value: (random) =>
      random.oneOf(
        () => groups(random, random.pick([7, 8, 8, 8, 9])),
        () => `${groups(random, random.integer(0, 4))}::${groups(random, random.integer(0, 4))}`,
        () =>
          `${random.pick(['::ffff:', '::', '64:ff9b::', '1:2:3:4:5:6:', '::1:'])}${random.integer(0, 256)}.0.1.255`,
        () => random.bytes(random.pick([15, 16, 16, 17])),
        () => random.pick(['::', '::1', '1::', '1.2.3.4', '::1%eth0', ':::', '1:2', '::1 ']),
        () => junk(random),
      ),
    // The text has many forms, and the bytes one.
    shown: 'HEX(CAST(c AS BINARY(16)))',
    exactly: (value) =>
      (Buffer.isBuffer(value) ? value : inet6Bytes(value)).toString('hex').toUpperCase(),
    takes: ['::', '::1', '2001:db8::1', '::ffff:1.2.3.4', Buffer.alloc(16)],
    refuses: ['1.2.3.4', '::1%eth0', '1:2', '', 5, null],
  };
}

/** As URL writes it: an own parser, to compare with. */
function inet6Bytes(address) {
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head, tail] = text.split('::').map((part) => part.split(':').filter(Boolean));
  const middle = tail === undefined ? [] : Array(8 - head.length - tail.length).fill('0');
  const all = [...head, ...middle, ...(tail ?? [])];
  return Buffer.from(all.map((part) => part.padStart(4, '0')).join(''), 'hex');
}

/** @returns {Case} */
function geometry(type) {
  const number = (random) => random.pick([0, -0, 1, -1.5, 1e300, random.next()]);
  const double = (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return bytes;
  };
  const uint = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const point = (random) => Buffer.concat([double(number(random)), double(number(random))]);
  const list = (items) => Buffer.concat([uint(items.length), ...items]);
  const many = (random, least, make) =>
    Array.from({ length: random.integer(least, least + 2) }, () => make(random));
  const ring = (random) => {
    const points = many(random, 3, point);
    return list([...points, points[0]]);
  };
  const shape = (kind, body) => Buffer.concat([Buffer.from([1]), uint(kind), body]);
  const makers = {
    1: (random) => shape(1, point(random)),
    2: (random) => shape(2, list(many(random, 2, point))),
    3: (random) => shape(3, list(many(random, 1, ring))),
    4: (random) => shape(4, list(many(random, 1, makers[1]))),
    5: (random) => shape(5, list(many(random, 1, makers[2]))),
    6: (random) => shape(6, list(many(random, 1, makers[3]))),
    7: (random) => shape(7, list(many(random, 0, makers[random.integer(1, 6)]))),
  };
  const any = (random) =>
    Buffer.concat([uint(random.pick([0, 4326])), makers[random.integer(1, 7)](random)]);
  const broken = (random) => {
    const bytes = any(random);
    bytes[random.integer(4, bytes.length - 1)] ^= 1 << random.integer(0, 7);
    return random.oneOf(
      () => bytes,
      () => bytes.subarray(0, random.integer(0, bytes.length)),
      () => Buffer.concat([bytes, random.bytes(1)]),
    );
  };
  return {
    declared: type,
    value: (random) =>
      random.oneOf(
        () => any(random),
        () => any(random),
        () => broken(random),
        () => junk(random),
      ),
    // By the shape again: what is broken has no text.
    shown: "CONCAT(ST_AsText(c) IS NOT NULL, '/', HEX(c))",
    exactly: (value) => `1/${value.toString('hex').toUpperCase()}`,
    form: (value) => value,
    takes: [],
    refuses: [
      'POINT(1 1)',
      Buffer.alloc(0),
      Buffer.alloc(25),
      Buffer.from('00000000000000000140000000000000000000000000000000', 'hex'),
      null,
    ],
  };
}

/** @returns {Case} */
function vector() {
  return {
    declared: 'VECTOR(3)',
    value: (random) =>
      random.oneOf(
        () =>
          Float32Array.from({ length: random.pick([2, 3, 3, 3, 4]) }, () =>
            random.pick([0, -0, 1.5, 1e38, 1e-40, NaN, Infinity, random.next()]),
          ),
        () => Float32Array.from({ length: 3 }, () => random.next()),
        () => Buffer.alloc(12),
        () => junk(random),
      ),
    shown: 'HEX(c)',
    exactly: (value) => Buffer.from(value.buffer).toString('hex').toUpperCase(),
    form: (value) => value,
    takes: [new Float32Array(3)],
    refuses: [new Float32Array(2), Float32Array.of(1, NaN, 0), [1, 2, 3], null],
  };
}

const TABLE_CHARSETS = [
  'armscii8',
  'ascii',
  'big5',
  'cp1250',
  'cp1251',
  'cp1256',
  'cp1257',
  'cp850',
  'cp852',
  'cp866',
  'cp932',
  'dec8',
  'eucjpms',
  'euckr',
  'gb2312',
  'gbk',
  'geostd8',
  'greek',
  'hebrew',
  'hp8',
  'keybcs2',
  'koi8r',
  'koi8u',
  'latin1',
  'latin2',
  'latin5',
  'latin7',
  'macce',
  'macroman',
  'sjis',
  'swe7',
  'tis620',
  'ujis',
];
const UNICODE_CHARSETS = ['utf8mb3', 'utf8mb4', 'ucs2', 'utf16', 'utf16le', 'utf32'];
const GEOMETRIES = [
  'POINT',
  'LINESTRING',
  'POLYGON',
  'MULTIPOINT',
  'MULTILINESTRING',
  'MULTIPOLYGON',
  'GEOMETRYCOLLECTION',
  'GEOMETRY',
];

/** Each with the share of values that it is worth. @returns {(Case & { share?: number, since?: number[] })[]} */
function textCases() {
  return [
    ...UNICODE_CHARSETS.map((charset) => text('VARCHAR(5)', charset, 5)),
    ...UNICODE_CHARSETS.map(charOf),
    ...TABLE_CHARSETS.map((charset) => ({ ...text('VARCHAR(5)', charset, 5), share: 0.2 })),
    ...['latin1', 'sjis'].map((charset) => ({ ...charOf(charset), share: 0.2 })),
    {
      ...text('VARCHAR(5) COMPRESSED', 'utf8mb4', 5),
      declared: 'VARCHAR(5) COMPRESSED',
      share: 0.1,
    },
    { ...tinyText('utf8mb4'), share: 0.2 },
    { ...tinyText('gbk'), share: 0.2 },
    { ...tinyText('utf16'), share: 0.2 },
    bytes('VARBINARY(5)', 5, false),
    bytes('BINARY(5)', 5, true),
    { ...bytes('TINYBLOB', 255, false), share: 0.2 },
    { ...bytes('BLOB', 65535, false), share: 0.002 },
    enumOf('utf8mb4', ['a', 'b', '1', '3', 'é', "it's", '\\', 'a b', '']),
    enumOf('latin1', ['a', 'é', '2', '€']),
    enumOf('gbk', ['a', '漢']),
    setOf('utf8mb4', ['a', 'b', '1', '4', 'é']),
    setOf('latin1', ['a', 'é', '2']),
    json(),
    { ...uuid(), since: [10, 7] },
    { ...inet4(), since: [10, 10] },
    inet6(),
    ...GEOMETRIES.map((type) => ({ ...geometry(type), share: 0.3 })),
    { ...vector(), since: [11, 7] },
  ];
}

/** Its bound counts octets. @returns {Case} */
function tinyText(charset) {
  const tried = text('TINYTEXT', charset, 100);
  const make = texts(charset, 100);
  const unit = { utf8mb4: 1, gbk: 1, utf16: 2 }[charset];
  const length = Math.floor(255 / unit);
  return {
    ...tried,
    value: (random) =>
      random.oneOf(
        () => make(random),
        () => 'a'.repeat(length + random.integer(-2, 2)),
        () => '漢'.repeat(Math.floor(random.integer(250, 260) / random.pick([2, 3]))),
      ),
    takes: ['', 'a'.repeat(length)],
    refuses: ['a'.repeat(length + 1), 5, null],
  };
}

module.exports = { textCases };
