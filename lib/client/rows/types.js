'use strict';

const {
  types: { isDate, isUint8Array },
} = require('node:util');
const { checkBindable } = require('../../protocol/encode.js');
const { checkOneOf, checkOptions } = require('../../util/check.js');
const { show } = require('../../util/show.js');
const { ZERO } = require('../../protocol/constants.js');

/**
 * A declared type of a column.
 * @typedef {object} Type
 * @property {string} name
 * @property {(text: string) => unknown} fromText  undefined if the text does not fit
 * @property {((bytes: Buffer) => unknown) | undefined} [fromBytes]  makes the value of bytes that
 *   are not text
 * @property {string} advice  for a caller whose value does not fit
 * @property {(value: unknown, argument: string) => unknown} [toText]  for values that are not a
 *   Bindable
 */

/*
 * A server may send texts of any length, so each expression takes time proportional to its text: no
 * two of its repeating parts can match the same characters.
 */
const INTEGER = /^-?\d+$/;
const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
/**
 * In characters. MariaDB's numeric columns have about 300 at most; a bigint of millions takes a
 * second to make.
 */
const MAX_NUMBER_LENGTH = 4096;
/** Every decimal number of at most this many digits has its own double. */
const SAFE_DIGITS = 15;

/** A date, and perhaps a time with at most microseconds. */
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?)?$/;

/** @type {Readonly<Record<'number' | 'bigint' | 'boolean' | 'buffer' | 'json' | 'datetime', Type>>} */
const TYPES = {
  number: { name: 'number', fromText: toNumber, advice: ": declare it as 'bigint' or 'string'" },
  bigint: {
    name: 'bigint',
    fromText: toBigInt,
    advice: '',
  },
  boolean: { name: 'boolean', fromText: (text) => BOOLEANS.get(text), advice: '' },
  buffer: { name: 'buffer', fromText: () => undefined, fromBytes: (bytes) => bytes, advice: '' },
  json: { name: 'json', fromText: parseJson, advice: '', toText: toJson },
  datetime: { name: 'datetime', fromText: parseDateTime, advice: '', toText: fromDate },
};

const TYPE_NAMES = new Set(['string', ...Object.keys(TYPES)]);

/**
 * The declared type of each column; null for text that is not converted.
 * @param {Readonly<Record<string, string>>} given
 * @param {readonly string[]} names
 * @returns {(Type | null)[]}
 */
function checkTypes(given, names) {
  checkOptions(given, 'target.types');
  const unknown = Object.keys(given).findIndex((name) => !names.includes(name));
  if (unknown !== -1) {
    throw new TypeError(`target.types must name target.columns only: its name ${unknown} is none`);
  }
  return names.map((name) => {
    const type = Object.hasOwn(given, name) ? given[name] : undefined;
    if (type === undefined || type === 'string') return null;
    checkOneOf(type, `target.types.${name}`, TYPE_NAMES);
    return TYPES[/** @type {keyof typeof TYPES} */ (type)];
  });
}

/** The texts of integer columns, and the single byte of BIT(1). */
const BOOLEANS = new Map([
  ['0', false],
  ['1', true],
  ['\x00', false],
  ['\x01', true],
]);

/**
 * Whether a text is a decimal number of a permitted length.
 * @param {string} text
 */
function isNumber(text) {
  return text.length <= MAX_NUMBER_LENGTH && NUMBER.test(text);
}

/** @param {string} text */
function toNumber(text) {
  if (!isNumber(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  return text.length <= SAFE_DIGITS || isExact(text, value) ? value : undefined;
}

/**
 * Whether a double represents the text exactly.
 * @param {string} text
 * @param {number} value
 */
function isExact(text, value) {
  const digits = significantDigits(text);
  if (digits.length > SAFE_DIGITS && digits !== significantDigits(String(value))) return false;
  return !INTEGER.test(text) || Number.isSafeInteger(value);
}

/** @param {string} text */
function significantDigits(text) {
  const [mantissa] = text.toLowerCase().split('e', 1);
  const digits = mantissa.replace('-', '').replace('.', '').replace(/^0+/, '');
  let end = digits.length;
  // Not by /0+$/, which starts again at each zero.
  while (end > 0 && digits.charCodeAt(end - 1) === ZERO) end--;
  return digits.slice(0, end);
}

/** @param {string} text */
function toBigInt(text) {
  return text.length <= MAX_NUMBER_LENGTH && INTEGER.test(text) ? BigInt(text) : undefined;
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {string} text */
function parseDateTime(text) {
  const [whole, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] =
    DATE_TIME.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const date = new Date(0);
  // Date.UTC reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const millisecond = Number(fraction.padEnd(3, '0').slice(0, 3));
  date.setUTCHours(Number(hour), Number(minute), Number(second), millisecond);
  // The zero date, 31 February and the like become other days.
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  return isReal ? date : undefined;
}

/**
 * @param {unknown} value
 * @param {string} argument
 */
function fromDate(value, argument) {
  return isDate(value) ? toDateTime(value, argument) : checkBindable(value, argument);
}

/**
 * A moment in UTC, in the format that the server reads.
 * @param {Date} date
 * @param {string} argument
 */
function toDateTime(date, argument) {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new TypeError(
      `${argument} must be a valid Date of the years 0 to 9999, not ${show(date)}`,
    );
  }
  const text = date.toISOString().slice(0, -1).replace('T', ' ');
  return text.endsWith('.000') ? text.slice(0, -4) : text;
}

/**
 * @param {unknown} value
 * @param {string} argument
 */
function toJson(value, argument) {
  if (typeof value === 'string' || isUint8Array(value)) return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`${argument} must be a finite number, not ${show(value)}`);
  }
  const text = stringify(value);
  if (text === undefined) {
    throw new TypeError(`${argument} must be something that JSON can say, not ${show(value)}`);
  }
  return text;
}

/** @param {unknown} value */
function stringify(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // circular, or contains a bigint
  }
}

module.exports = { TYPES, checkTypes, isNumber, toDateTime };
