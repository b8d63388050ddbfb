'use strict';

/*
 * Like column-values.js, for columns of text.
 */

const { junk } = require('./junk.js');

/** @typedef {import('./column-values.js').Case} Case */

const SHOWN = "CONCAT(HEX(CONVERT(c USING utf32)), '/', HEX(c))";
const codePoints = (text) => Array.from(text, (character) => character.codePointAt(0));
const utf32 = (text) =>
  codePoints(text)
    .map((point) => point.toString(16).padStart(8, '0').toUpperCase())
    .join('');

/** The text that is shown for a value: the characters of a string, or bytes as they are. */
function exactly(value, shown) {
  const [characters, bytes] = shown.split('/');
  return typeof value === 'string'
    ? `${utf32(value)}/${bytes}`
    : `${characters}/${value.toString('hex').toUpperCase()}`;
}

const form = (value) => (typeof value === 'string' ? value : undefined);

/** A function that returns random characters, those of the charset and others. */
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

/** Most characters are of the charset, because otherwise hardly any text would be accepted. */
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

/** Each case has the share of values that it is worth. @returns {(Case & { share?: number })[]} */
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
    enumOf('utf8mb4', ['a', 'b', '1', '3', 'é', "it's", '\\', 'a b', '']),
    enumOf('latin1', ['a', 'é', '2', '€']),
    enumOf('gbk', ['a', '漢']),
    setOf('utf8mb4', ['a', 'b', '1', '4', 'é']),
    setOf('latin1', ['a', 'é', '2']),
  ];
}

/** A column whose bound counts octets. @returns {Case} */
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
