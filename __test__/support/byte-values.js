'use strict';

/*
 * Like column-values.js, for columns of bytes and for types that are sent as bytes.
 */

const { junk } = require('./junk.js');

/** @typedef {import('./column-values.js').Case} Case */

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

/** IPv6 as URL writes it: an independent parser to compare with. */
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
  const corners = [0, 0, 1, 0, 1, 1, 0, 1].map(double);
  const openRing = Buffer.concat([uint(0), shape(3, list([Buffer.concat([uint(4), ...corners])]))]);
  return {
    declared: type,
    value: (random) =>
      random.oneOf(
        () => any(random),
        () => any(random),
        () => broken(random),
        () => junk(random),
      ),
    // By the shape again: a broken one has no text.
    shown: "CONCAT(ST_AsText(c) IS NOT NULL, '/', HEX(c))",
    exactly: (value) => `1/${value.toString('hex').toUpperCase()}`,
    form: (value) => value,
    takes: [],
    refuses: [
      'POINT(1 1)',
      Buffer.alloc(0),
      Buffer.alloc(25),
      Buffer.from('00000000000000000140000000000000000000000000000000', 'hex'),
      openRing,
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

/**
 * Each case has the share of values that it is worth.
 * @returns {(Case & { share?: number, since?: number[] })[]}
 */
function byteCases() {
  return [
    bytes('VARBINARY(5)', 5, false),
    bytes('BINARY(5)', 5, true),
    { ...bytes('TINYBLOB', 255, false), share: 0.2 },
    { ...bytes('BLOB', 65535, false), share: 0.002 },
    json(),
    { ...uuid(), since: [10, 7] },
    { ...inet4(), since: [10, 10] },
    inet6(),
    ...GEOMETRIES.map((type) => ({ ...geometry(type), share: 0.3 })),
    { ...vector(), since: [11, 7] },
  ];
}

module.exports = { byteCases };
