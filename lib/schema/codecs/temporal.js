'use strict';

const {
  types: { isDate },
} = require('node:util');
const { isAtLeast } = require('../version.js');
const { schemaError } = require('../errors.js');
const { compareNumbers, toNumber } = require('./integers.js');
const { outOfRange, wrongType } = require('./refuse.js');

const TIME = /^-?(\d{2,3}):[0-5]\d:[0-5]\d(?:\.(\d{1,6}))?$/;
const MAX_HOURS = 838;
const YEAR = /^\d{4}$/;

/** @param {Column} column @returns {Codec} */
function dateCodec(column) {
  const expected = "days as 'YYYY-MM-DD', from 0001-01-01 to 9999-12-31";
  return {
    encode: (value, argument) => {
      const text = typeof value === 'string' ? value : isDate(value) ? dayOf(value) : undefined;
      if (text === undefined) throw wrongType(column, argument, expected, value);
      if (text.length !== DAY_LENGTH || !isDay(text))
        throw outOfRange(column, argument, expected, value);
      return text;
    },
    decode: null,
    least: '0000-00-00',
    greatest: '9999-12-31',
    compare: compareNumbers,
  };
}

/**
 * The day that a Date at midnight UTC represents.
 * @param {Date} date
 */
function dayOf(date) {
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, -'T00:00:00.000Z'.length) : text;
}

/** @param {Column} column @returns {Codec} */
function timeCodec(column) {
  const { decimals = 0 } = column;
  const expected = `times as '[-]HH:MM:SS${fraction(decimals)}', up to 838:59:59 in either direction`;
  const last = `838:59:59${decimals === 0 ? '' : `.${'9'.repeat(decimals)}`}`;
  return {
    encode: (value, argument) => {
      if (typeof value !== 'string') throw wrongType(column, argument, expected, value);
      const [, hours, digits = ''] = TIME.exec(value) ?? [];
      const fits = Number(hours) <= MAX_HOURS && digits.length <= decimals;
      if (!fits || /^-[0:.]+$/.test(value)) throw outOfRange(column, argument, expected, value);
      return value;
    },
    decode: null,
    least: `-${last}`,
    greatest: last,
    compare: compareTimes,
  };
}

/**
 * @param {string} a
 * @param {string} b
 */
function compareTimes(a, b) {
  return compareNumbers(microseconds(a), microseconds(b));
}

/** @param {string} text */
function microseconds(text) {
  const [hours, minutes, seconds] = text.replace('-', '').split(':').map(Number);
  const value = Math.round(((hours * 60 + minutes) * 60 + seconds) * 1e6);
  return text.startsWith('-') ? -value : value;
}

/** @param {Column} column @returns {Codec} */
function dateTimeCodec(column) {
  const { decimals = 0 } = column;
  const expected = `Dates, or texts as 'YYYY-MM-DD HH:MM:SS${fraction(decimals)}' without a zone, of the years 1 to 9999`;
  return {
    encode: (value, argument) => momentText(column, expected, value, argument),
    decode: null,
    least: '0000-00-00 00:00:00',
    greatest: `9999-12-31 23:59:59${decimals === 0 ? '' : `.${'9'.repeat(decimals)}`}`,
    compare: compareNumbers,
  };
}

/**
 * TIMESTAMP values are in the time zone of the server's system. In zones other than UTC, the hour
 * that is skipped in spring moves, and the hour that occurs twice in autumn is ambiguous.
 * @param {Column} column
 * @param {import('../../../types/schema').ServerSchema} server
 * @returns {Codec}
 */
function timestampCodec(column, server) {
  const { decimals = 0 } = column;
  if (!server.isUtc) return zonedTimestampCodec(column, server.timeZone);
  const last = isAtLeast(server.version, 11, 5) ? '2106-02-07 06:28:15' : '2038-01-19 03:14:07';
  const expected = `Dates, or texts of UTC as 'YYYY-MM-DD HH:MM:SS${fraction(decimals)}', from 1970-01-01 00:00:01 to ${last}`;
  const greatest = `${last}${decimals === 0 ? '' : `.${'9'.repeat(decimals)}`}`;
  return {
    encode: (value, argument) => {
      const text = momentText(column, expected, value, argument);
      if (text < '1970-01-01 00:00:01' || text > greatest) {
        throw outOfRange(column, argument, expected, value);
      }
      return text;
    },
    decode: decimals <= 3 ? toDate : null,
    least: '0000-00-00 00:00:00',
    greatest,
    compare: compareNumbers,
  };
}

/**
 * @param {Column} column
 * @param {string} timeZone
 * @returns {Codec}
 */
function zonedTimestampCodec({ name, declared }, timeZone) {
  const reason = `column '${name}' (${declared}) is in the time zone of the server's system, ${timeZone}, where an hour is missing in spring or comes twice in autumn`;
  return {
    encode: (_value, argument) => {
      throw schemaError(`${argument}: ${reason}. Run the server in UTC, or use DATETIME`);
    },
    decode: null,
    unreadable: `${reason}. Run the server in UTC, use DATETIME, or read its text with types: { ${name}: 'string' }`,
  };
}

/** @param {Column} column @returns {Codec} */
function yearCodec(column) {
  const expected = '0, or whole numbers from 1901 to 2155';
  return {
    encode: (value, argument) => {
      const isText = typeof value === 'bigint' || (typeof value === 'string' && YEAR.test(value));
      const year = isText ? Number(value) : value;
      if (typeof year !== 'number') throw wrongType(column, argument, expected, value);
      // The server reads fewer digits otherwise: 0 as 2000, and 70 as 1970.
      if (year === 0) return '0000';
      if (!Number.isInteger(year) || year < 1901 || year > 2155) {
        throw outOfRange(column, argument, expected, value);
      }
      return year;
    },
    decode: toNumber,
    least: '0000',
    greatest: 2155,
    compare: compareNumbers,
  };
}

/**
 * The text of a DATETIME.
 * @param {Column} column
 * @param {string} expected
 * @param {unknown} value
 * @param {string} argument
 */
function momentText(column, expected, value, argument) {
  const { decimals = 0 } = column;
  if (typeof value === 'string') {
    if (isMoment(value, decimals)) return value;
  } else if (isDate(value)) {
    const time = value.getTime();
    // The time of an invalid Date is NaN, for which every comparison is false.
    if (time >= FIRST_TIME && time <= LAST_TIME && time % 10 ** Math.max(0, 3 - decimals) === 0) {
      const text = value.toISOString();
      const length = time % 1000 === 0 ? SECOND_LENGTH : Math.min(20 + decimals, 23);
      return `${text.slice(0, DAY_LENGTH)} ${text.slice(DAY_LENGTH + 1, length)}`;
    }
  } else {
    throw wrongType(column, argument, expected, value);
  }
  throw outOfRange(column, argument, expected, value);
}

const FIRST_TIME = Date.parse('0001-01-01T00:00:00Z');
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z');
/** The length of `YYYY-MM-DD`. */
const DAY_LENGTH = 10;
/** The length of `YYYY-MM-DD HH:MM:SS`. */
const SECOND_LENGTH = 19;
const DASH = 0x2d;
const COLON = 0x3a;
const SPACE = 0x20;
const POINT = 0x2e;
const ZERO = 0x30;

/**
 * Whether a text is `YYYY-MM-DD HH:MM:SS[.f]`. It is checked digit by digit, because expressions
 * take ten times as long.
 * @param {string} text
 * @param {number} decimals
 */
function isMoment(text, decimals) {
  const { length } = text;
  const isWhole =
    isDay(text) &&
    text.charCodeAt(10) === SPACE &&
    numberAt(text, 11, 2) <= 23 &&
    text.charCodeAt(13) === COLON &&
    numberAt(text, 14, 2) <= 59 &&
    text.charCodeAt(16) === COLON &&
    numberAt(text, 17, 2) <= 59;
  if (!isWhole || length === SECOND_LENGTH) return isWhole;
  const digits = length - SECOND_LENGTH - 1;
  return (
    text.charCodeAt(SECOND_LENGTH) === POINT &&
    digits >= 1 &&
    digits <= decimals &&
    numberAt(text, SECOND_LENGTH + 1, digits) >= 0
  );
}

/**
 * Whether a text begins with a day of the years 1 to 9999.
 * @param {string} text
 */
function isDay(text) {
  const year = numberAt(text, 0, 4);
  const day = numberAt(text, 8, 2);
  return (
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(7) === DASH &&
    year >= 1 &&
    day >= 1 &&
    day <= daysOf(year, numberAt(text, 5, 2))
  );
}

/**
 * The number that these digits represent; NaN if any character is not a digit.
 * @param {string} text
 * @param {number} start
 * @param {number} count
 */
function numberAt(text, start, count) {
  let number = 0;
  for (let i = start; i < start + count; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    number = 10 * number + digit;
  }
  return number;
}

const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * @param {number} year
 * @param {number} month
 */
function daysOf(year, month) {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS[month] ?? 0);
}

/** @param {string} text */
function toDate(text) {
  const date = new Date(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** @param {number} decimals */
function fraction(decimals) {
  return decimals === 0 ? '' : `[.${'f'.repeat(decimals)}]`;
}

/**
 * @typedef {import('./refuse.js').Column} Column
 * @typedef {import('./codec.js').Codec} Codec
 */

module.exports = { dateCodec, dateTimeCodec, timeCodec, timestampCodec, yearCodec };
