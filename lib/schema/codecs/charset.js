'use strict';

const { isUtf8 } = require('node:buffer');

/*
 * Converts text to and from the bytes of a column's charset, because the server converts nothing.
 */

/**
 * @typedef {object} Charset
 * @property {(text: string) => string | Buffer | undefined} encode  returns text if its UTF-8 bytes
 *   are meant; undefined if a character is not in the charset
 * @property {((bytes: Buffer) => string) | null} decode  bytes that are not a character become
 *   U+FFFD; null if the bytes are UTF-8
 * @property {(bytes: Buffer) => number | undefined} count  number of characters; undefined if a
 *   byte belongs to none
 * @property {boolean} keepsAscii  whether ASCII characters have the same bytes as in UTF-8
 */

const ASCII = /^[\x00-\x7f]*$/;
const REPLACEMENT = '\ufffd';

/** @type {Map<string, Charset>} */
const loaded = new Map();

/**
 * @param {string} name
 * @returns {Charset}
 */
function charsetOf(name) {
  const known = UNICODE.get(name) ?? loaded.get(name);
  if (known !== undefined) return known;
  const charset = tableCharset(require(`../charsets/${name}.json`));
  loaded.set(name, charset);
  return charset;
}

/** @param {string} name */
function hasCharset(name) {
  try {
    return charsetOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** @type {Charset} */
const UTF8 = {
  encode: (text) => (isWellFormed(text) ? text : undefined),
  decode: null,
  count: (bytes) => (isUtf8(bytes) ? countPoints(bytes.toString()) : undefined),
  keepsAscii: true,
};

/** @type {Charset} */
const UTF8MB3 = {
  encode: (text) => (hasSurrogates(text) ? undefined : text),
  decode: null,
  count: (bytes) => {
    const text = isUtf8(bytes) ? bytes.toString() : REPLACEMENT;
    return isUtf8(bytes) && !hasSurrogates(text) ? text.length : undefined;
  },
  keepsAscii: true,
};

/** @type {Charset} */
const UTF16 = unicodeCharset(2, toUtf16, fromUtf16, isWellFormed);

const UNICODE = new Map([
  ['utf8mb4', UTF8],
  ['utf8mb3', UTF8MB3],
  ['utf8', UTF8MB3],
  ['utf16', UTF16],
  [
    'utf16le',
    unicodeCharset(
      2,
      (text) => Buffer.from(text, 'utf16le'),
      (bytes) => bytes.toString('utf16le'),
      isWellFormed,
    ),
  ],
  ['ucs2', unicodeCharset(2, toUtf16, fromUtf16, (text) => !hasSurrogates(text))],
  ['utf32', unicodeCharset(4, toUtf32, fromUtf32, isWellFormed)],
]);

/**
 * @param {number} unit  in bytes
 * @param {(text: string) => Buffer} encode
 * @param {(bytes: Buffer) => string} decode
 * @param {(text: string) => boolean} isText
 * @returns {Charset}
 */
function unicodeCharset(unit, encode, decode, isText) {
  return {
    encode: (text) => (isText(text) ? encode(text) : undefined),
    decode,
    count: (bytes) => {
      if (bytes.length % unit !== 0) return undefined;
      const text = decode(bytes);
      return isText(text) && encode(text).equals(bytes) ? countPoints(text) : undefined;
    },
    keepsAscii: false,
  };
}

/** @param {string} text */
function toUtf16(text) {
  return Buffer.from(text, 'utf16le').swap16();
}

/** @param {Buffer} bytes */
function fromUtf16(bytes) {
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
  return Buffer.from(even).swap16().toString('utf16le');
}

/** @param {string} text */
function toUtf32(text) {
  const bytes = Buffer.allocUnsafe(4 * countPoints(text));
  let end = 0;
  for (const character of text) {
    end = bytes.writeUInt32BE(/** @type {number} */ (character.codePointAt(0)), end);
  }
  return bytes;
}

/** @param {Buffer} bytes */
function fromUtf32(bytes) {
  let text = '';
  for (let i = 0; i + 4 <= bytes.length; i += 4) {
    const point = bytes.readUInt32BE(i);
    text += point <= 0x10ffff ? String.fromCodePoint(point) : REPLACEMENT;
  }
  return text;
}

/**
 * A charset of `lib/schema/charsets/`, which scripts/charsets.js generates.
 * @param {{ both: Record<string, string>, reading: Record<string, string> }} table
 * @returns {Charset}
 */
function tableCharset({ both, reading }) {
  const codes = new Map(codesOf(both).map(([code, character]) => [character, code]));
  const characters = new Map([...codesOf(both), ...codesOf(reading)]);
  const keepsAscii = Array.from({ length: 0x80 }).every(
    (_, i) => codes.get(String.fromCharCode(i)) === i,
  );
  const isSingle = [...characters.keys()].every((code) => code <= 0xff);
  const decode = (/** @type {Buffer} */ bytes) => decodeByTable(bytes, characters);
  return {
    encode: (text) => (keepsAscii && ASCII.test(text) ? text : encodeByTable(text, codes)),
    decode,
    count: (bytes) => {
      // The server keeps every byte in these charsets, even if it is not a character.
      if (isSingle) return bytes.length;
      const text = decode(bytes);
      return text.includes(REPLACEMENT) ? undefined : text.length;
    },
    keepsAscii,
  };
}

/**
 * @param {Record<string, string>} runs
 * @returns {[code: number, character: string][]}
 */
function codesOf(runs) {
  return Object.entries(runs).flatMap(([first, text]) =>
    Array.from(text, (character, i) => {
      /** @type {[number, string]} */
      const pair = [Number.parseInt(first, 16) + i, character];
      return pair;
    }),
  );
}

/**
 * @param {string} text
 * @param {ReadonlyMap<string, number>} codes
 */
function encodeByTable(text, codes) {
  const bytes = Buffer.allocUnsafe(3 * text.length);
  let end = 0;
  for (const character of text) {
    const code = codes.get(character);
    if (code === undefined) return undefined;
    if (code > 0xffff) bytes[end++] = code >> 16;
    if (code > 0xff) bytes[end++] = code >> 8;
    bytes[end++] = code;
  }
  return bytes.subarray(0, end);
}

/**
 * @param {Buffer} bytes
 * @param {ReadonlyMap<number, string>} characters
 */
function decodeByTable(bytes, characters) {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    let code = 0;
    let character;
    // No code is a prefix of another.
    let length = 0;
    while (character === undefined && length < 3 && i + length < bytes.length) {
      code = code * 0x100 + bytes[i + length++];
      character = characters.get(code);
    }
    text += character ?? REPLACEMENT;
    i += character === undefined ? 1 : length;
  }
  return text;
}

/** Charsets with characters beyond the Basic Multilingual Plane. */
const BEYOND_BMP = new Set(['utf8mb4', 'utf16', 'utf16le', 'utf32']);

/**
 * Whether a member or a default may differ from the text that the database shows, because it shows
 * all characters beyond the Basic Multilingual Plane as `?`.
 * @param {string} text
 * @param {string} charset
 */
function isUncertain(text, charset) {
  return text.includes('?') && BEYOND_BMP.has(charset);
}

/** @param {string} text */
function countPoints(text) {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}

/** @param {string} text */
function hasSurrogates(text) {
  return /[\ud800-\udfff]/.test(text);
}

/** @param {any} text */
function isWellFormed(text) {
  return text.isWellFormed();
}

module.exports = { ASCII, charsetOf, countPoints, hasCharset, isUncertain, isWellFormed };
