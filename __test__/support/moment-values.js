'use strict';

/*
 * Like column-values.js, for days, times and moments.
 */

const { junk } = require('./junk.js');

/** @typedef {import('./column-values.js').Case} Case */

const pad = (number, length = 2) => String(number).padStart(length, '0');
const randomDay = (random) =>
  `${pad(random.pick([0, 1, 1000, 1970, 1999, 2000, 2023, 2024, 1900, 9999, random.integer(0, 9999)]), 4)}-${pad(random.integer(0, 13))}-${pad(random.pick([0, 1, 28, 29, 30, 31, 32, random.integer(1, 28)]))}`;
const randomFraction = (random) =>
  random.oneOf(
    () => '',
    () => `.${random.digits(random.integer(1, 7))}`,
  );
const randomClock = (random, hours) =>
  `${pad(hours)}:${pad(random.pick([0, 59, 60, random.integer(0, 59)]))}:${pad(random.pick([0, 59, 60, random.integer(0, 59)]))}`;
const isoOf = (date) => date.toISOString().slice(0, -1).replace('T', ' ');
/** Values may have more decimals than their column, which shows only its own. */
const withDecimals = (text, decimals) => {
  const [whole, fraction = ''] = text.split('.');
  const digits = fraction.replace(/0+$/, '').padEnd(decimals, '0');
  return digits === '' ? whole : `${whole}.${digits}`;
};

/** @returns {Case} */
function date() {
  return {
    declared: 'DATE',
    value: (random) =>
      random.oneOf(
        () => randomDay(random),
        () => randomDay(random),
        () =>
          new Date(
            Date.UTC(random.integer(1, 9999), random.integer(0, 11), random.integer(1, 31)) +
              random.pick([0, 0, 1]),
          ),
        () =>
          random.pick([
            '20240101',
            '2024-1-1',
            '24-01-01',
            '2024-01-01 00:00:00',
            '2024-01-01Z',
            '2024/01/01',
          ]),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) => (value instanceof Date ? isoOf(value).slice(0, 10) : value),
    form: (_value, shown) => shown,
    takes: ['0001-01-01', '9999-12-31', '2024-02-29', new Date('2024-02-29')],
    refuses: ['2023-02-29', '1900-02-29', '0000-00-00', '2024-00-10', new Date(1), null],
  };
}

/** @returns {Case} */
function time(decimals) {
  return {
    declared: `TIME(${decimals})`,
    value: (random) =>
      random.oneOf(
        () =>
          random.pick(['', '-']) +
          randomClock(random, random.pick([0, 23, 24, 99, 837, 838, 839, random.integer(0, 840)])) +
          randomFraction(random),
        () =>
          random.pick([
            '1234',
            '12:34',
            '00:00:00',
            '-00:00:00',
            '838:59:59.999999',
            '-838:59:59',
            '1 10:00:00',
            '-00:00:00.5',
            '10:00:00.',
          ]),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) => withDecimals(value, decimals),
    form: (_value, shown) => shown,
    takes: [
      '838:59:59',
      '-838:59:59',
      '00:00:00',
      decimals === 0 ? '10:20:30' : `838:59:59.${'9'.repeat(decimals)}`,
    ],
    refuses: [
      '839:00:00',
      '-00:00:00',
      '10:60:00',
      '10:00',
      1234,
      `10:00:00.${'1'.repeat(decimals + 1)}`,
      null,
    ],
  };
}

/** @returns {Case} */
function moment(type, decimals, { first, last, edges }) {
  const randomDate = (random) =>
    new Date(
      random.oneOf(
        () => random.pick(edges).getTime() + random.integer(-2000, 2000),
        () => random.integer(-6e12, 6e12),
        () => random.integer(-62135596800000 - 1e9, 253402300799999 + 1e9),
        () => 1000 * random.integer(0, 2 ** 31),
      ),
    );
  return {
    declared: `${type}(${decimals}) NULL`,
    value: (random) =>
      random.oneOf(
        () => randomDate(random),
        () => randomDate(random),
        () => isoOf(random.pick(edges)).slice(0, 19) + randomFraction(random),
        () =>
          `${randomDay(random)} ${randomClock(random, random.integer(0, 24))}${randomFraction(random)}`,
        () =>
          random.pick([
            '2024-01-01',
            '2024-01-01 10:00',
            '2024-01-01T10:00:00',
            '2024-01-01 10:00:00Z',
            '2024-01-01 10:00:00+02:00',
            '0000-00-00 00:00:00',
          ]),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) => withDecimals(value instanceof Date ? isoOf(value) : value, decimals),
    form: (_value, shown) =>
      type === 'TIMESTAMP' && decimals <= 3 ? new Date(`${shown.replace(' ', 'T')}Z`) : shown,
    nullable: true,
    takes: [first, last, new Date(Date.UTC(2024, 1, 29, 1, 2, 3))],
    refuses: [
      '2024-02-30 00:00:00',
      '2024-01-01 10:00:00Z',
      `2024-01-01 10:00:00.${'1'.repeat(decimals + 1)}`,
      '0000-00-00 00:00:00',
      new Date(NaN),
      ...(decimals < 3 ? [new Date(1)] : []),
    ],
  };
}

module.exports = { date, moment, time };
