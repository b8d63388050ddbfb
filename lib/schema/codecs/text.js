'use strict';

const {
  types: { isUint8Array },
} = require('node:util');
const { asBuffer } = require('../../protocol/encode.js');
const { show } = require('../../util/show.js');
const { leastText, isBytewise } = require('../collations.js');
const { charsetOf, countPoints, isUncertain, isWellFormed } = require('./charset.js');
const { outOfRange, wrongType } = require('./refuse.js');

const SPACE = 0x20;

/**
 * CHAR, VARCHAR and TEXT: strings, or the column's own bytes.
 * @param {Column} column
 * @returns {Codec}
 */
function textCodec(column) {
  const { type, length = 0, charset: name = '' } = column;
  const charset = charsetOf(name);
  const countsOctets = type.endsWith('text');
  // The server removes trailing spaces from the values of a CHAR column.
  const dropsSpaces = type === 'char';
  const unit = countsOctets ? 'octets' : 'characters';
  const expected = `text in ${name} of at most ${length} ${unit}${dropsSpaces ? ', without spaces at its end' : ''}`;
  const encodeSlowly = (/** @type {unknown} */ value, /** @type {string} */ argument) => {
    const isBytes = isUint8Array(value);
    if (!isBytes && typeof value !== 'string') {
      throw wrongType(column, argument, `${expected}, as a string or its bytes`, value);
    }
    const encoded = isBytes ? value : charset.encode(value);
    if (encoded === undefined) {
      const strange = strangeIn(/** @type {string} */ (value), charset);
      throw outOfRange(column, argument, expected, strange);
    }
    const characters = isBytes ? charset.count(asBuffer(value)) : countPoints(value);
    const size = countsOctets ? octetsOf(encoded) : characters;
    const text = isBytes
      ? (charset.decode?.(asBuffer(value)) ?? asBuffer(value).toString())
      : value;
    const losesSpace = dropsSpaces && text.endsWith(' ');
    if (characters === undefined || size === undefined || size > length || losesSpace) {
      throw outOfRange(column, argument, expected, value);
    }
    return encoded;
  };
  return {
    encode:
      name === 'utf8mb4'
        ? utf8Encoder(length, countsOctets, dropsSpaces, encodeSlowly)
        : encodeSlowly,
    decode: charset.decode,
    fromBytes: charset.decode !== null,
    least: leastText(column, charset),
    compare: isBytewise(column) ? compareUtf8 : undefined,
  };
}

/**
 * The common case, short UTF-8 text, checked with as little work as possible.
 * @param {number} length
 * @param {boolean} countsOctets
 * @param {boolean} dropsSpaces
 * @param {Codec['encode']} encodeSlowly
 * @returns {Codec['encode']}
 */
function utf8Encoder(length, countsOctets, dropsSpaces, encodeSlowly) {
  // A UTF-16 unit takes at most three octets, and a character takes at least one unit.
  const units = countsOctets ? Math.floor(length / 3) : length;
  return (value, argument) =>
    typeof value === 'string' &&
    value.length <= units &&
    !(dropsSpaces && value.charCodeAt(value.length - 1) === SPACE) &&
    isWellFormed(value)
      ? value
      : encodeSlowly(value, argument);
}

/**
 * The first character that the charset does not have.
 * @param {string} text
 * @param {import('./charset.js').Charset} charset
 */
function strangeIn(text, charset) {
  for (const character of text) {
    if (charset.encode(character) === undefined) return character;
  }
  return text;
}

/** @param {string | Uint8Array} encoded */
function octetsOf(encoded) {
  return typeof encoded === 'string' ? Buffer.byteLength(encoded) : encoded.length;
}

/**
 * Orders text by its UTF-8 bytes, which is the order of the code points.
 * @param {string} a
 * @param {string} b
 */
function compareUtf8(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * ENUM: the name of a member.
 * @param {Column} column
 * @returns {Codec}
 */
function enumCodec(column) {
  const { members = [], charset: name = '' } = column;
  const charset = charsetOf(name);
  const known = members.filter((member) => !isUncertain(member, name));
  const encoded = encodedMembers(known, charset);
  const expected = `one of ${shownMembers(known, members)}`;
  const positions = new Map(members.map((member, i) => [member, i + 1]));
  // A value outside the ENUM has position 0, also written `0` if no member has that name.
  let nothing = '0';
  while (positions.has(nothing)) nothing += '0';
  return {
    encode: (value, argument) => {
      const found = encoded.get(/** @type {string} */ (value));
      if (found !== undefined) return found;
      throw typeof value === 'string'
        ? outOfRange(column, argument, expected, value)
        : wrongType(column, argument, expected, value);
    },
    decode: charset.decode,
    fromBytes: charset.decode !== null,
    least: textOf(nothing, charset),
    compare:
      known.length < members.length
        ? undefined
        : (a, b) => (positions.get(a) ?? 0) - (positions.get(b) ?? 0),
  };
}

/**
 * SET: the names of members, separated by commas, in the order of the column.
 * @param {Column} column
 * @returns {Codec}
 */
function setCodec(column) {
  const { members = [], charset: name = '' } = column;
  const charset = charsetOf(name);
  const known = members.filter((member) => !isUncertain(member, name));
  const encoded = encodedMembers(known, charset);
  const bits = new Map(members.map((member, i) => [member, 1n << BigInt(i)]));
  const expected = `members of ${shownMembers(known, members)}, separated by commas, each once`;
  const bitsOf = (/** @type {string} */ text) =>
    text === '' ? 0n : text.split(',').reduce((sum, member) => sum | (bits.get(member) ?? 0n), 0n);
  return {
    encode: (value, argument) => {
      const found = encoded.get(/** @type {string} */ (value));
      if (found !== undefined) return found;
      if (typeof value !== 'string') throw wrongType(column, argument, expected, value);
      const given = value === '' ? [] : value.split(',');
      const isSet =
        given.every((member) => known.includes(member)) && new Set(given).size === given.length;
      if (!isSet) throw outOfRange(column, argument, expected, value);
      return textOf(members.filter((member) => given.includes(member)).join(','), charset);
    },
    decode: charset.decode,
    fromBytes: charset.decode !== null,
    least: '',
    compare:
      known.length < members.length
        ? undefined
        : (a, b) => Number(bitsOf(a) > bitsOf(b)) - Number(bitsOf(a) < bitsOf(b)),
  };
}

/**
 * @param {readonly string[]} known
 * @param {readonly string[]} members
 */
function shownMembers(known, members) {
  const shown = known.map(show).join(', ') || 'none';
  if (known.length === members.length) return shown;
  const others = members.filter((member) => !known.includes(member)).map(show);
  return `${shown} (the database shows ${others.join(', ')}, where ? may stand for other characters: write these by SQL)`;
}

/**
 * @param {readonly string[]} members
 * @param {import('./charset.js').Charset} charset
 */
function encodedMembers(members, charset) {
  return new Map(members.map((member) => [member, textOf(member, charset)]));
}

/**
 * Text that the database itself has stored.
 * @param {string} text
 * @param {import('./charset.js').Charset} charset
 */
function textOf(text, charset) {
  return charset.encode(text) ?? text;
}

/**
 * @typedef {import('./refuse.js').Column} Column
 * @typedef {import('./codec.js').Codec} Codec
 */

module.exports = { enumCodec, setCodec, textCodec };
