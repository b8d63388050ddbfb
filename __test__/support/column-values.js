'use strict';

/*
 * Values around the bounds of each column type, and what SQL shows of a column that holds them
 * exactly. Written independently of the codecs that they test.
 */

const { junk } = require('./junk.js');
const { date, moment, time } = require('./moment-values.js');

/**
 * @typedef {object} Case
 * @property {string} declared
 * @property {(random: import('./random.js').Random) => unknown} value
 * @property {string} shown  SQL for what the column `c` holds
 * @property {(value: any, shown: string) => string} exactly  the text that must be shown for a
 *   value
 * @property {(value: any, shown: string) => unknown} [form]  the JavaScript form that must be read
 * @property {(text: string) => string} [normal]  makes one form of what is shown, if it has several
 * @property {boolean} [nullable]
 * @property {readonly unknown[]} takes  values that the codec must accept
 * @property {readonly unknown[]} refuses
 */

/** @returns {Case} */
function integer(declared, bits, unsigned) {
  const least = unsigned ? 0n : -(2n ** BigInt(bits - 1));
  const greatest = unsigned ? 2n ** BigInt(bits) - 1n : 2n ** BigInt(bits - 1) - 1n;
  const form = (random, exact) =>
    random.oneOf(
      () => Number(exact),
      () => exact,
      () => String(exact),
    );
  return {
    declared,
    value: (random) =>
      random.oneOf(
        () => form(random, random.pick([least, greatest, 0n]) + BigInt(random.integer(-3, 3))),
        () => form(random, random.bigint(random.integer(1, bits + 2)) * random.pick([1n, -1n])),
        () => random.integer(-100, 100) + 0.5,
        () =>
          random.pick([
            -0,
            1e300,
            -1e300,
            2 ** 53,
            2 ** 63,
            2 ** 64,
            ' 5',
            '5 ',
            '+5',
            '007',
            '-0',
            '5.0',
          ]),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) => {
      const text = String(BigInt(value));
      return declared.includes('zerofill') ? text.padStart(10, '0') : text;
    },
    form: (value) => (bits === 64 ? BigInt(value) : Number(value) + 0),
    takes: [least, greatest, String(least), 0, -0, 5],
    refuses: [least - 1n, greatest + 1n, 0.5, 'a', '', true, null, 1e300],
  };
}

/** @returns {Case} */
function boolean() {
  const values = [true, false, 0, 1, 2, -1, '1', '0', 'true', 1n, 5n, 127];
  return {
    declared: 'BOOLEAN',
    value: (random) =>
      random.oneOf(
        () => random.pick(values),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) => String(Number(value)),
    form: (value) => Boolean(Number(value)),
    takes: [true, false, 0, 1],
    refuses: [2, -1, 'true', null],
  };
}

/** @returns {Case} */
function decimal(precision, scale, unsigned) {
  const whole = precision - scale;
  const number = (random) => {
    const sign = random.pick(['', '', '-', '+']);
    const before = random.oneOf(
      () => '9'.repeat(random.integer(Math.max(0, whole - 1), whole + 1)),
      () => random.digits(random.integer(0, whole + 1)),
      () => `000${random.digits(whole)}`,
    );
    const after = random.oneOf(
      () => '',
      () => `.${random.digits(random.integer(0, scale + 1))}`,
      () => `.${'9'.repeat(scale)}`,
      () => `.${random.digits(scale)}000`,
    );
    return sign + before + after;
  };
  const nines = `${'9'.repeat(whole)}${scale === 0 ? '' : `.${'9'.repeat(scale)}`}`;
  return {
    declared: `DECIMAL(${precision},${scale})${unsigned ? ' UNSIGNED' : ''}`,
    value: (random) =>
      random.oneOf(
        () => number(random),
        () => number(random),
        () => random.integer(-(10 ** 6), 10 ** 6) / 10 ** random.integer(0, 6),
        () => random.bigint(random.integer(1, 40)),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) => {
      const [, sign, before, after = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(String(value));
      const fraction = after.replace(/0+$/, '').padEnd(scale, '0');
      const text = `${before.replace(/^0+/, '') || '0'}${scale === 0 ? '' : `.${fraction}`}`;
      return /[1-9]/.test(text) ? sign + text : text;
    },
    takes: [
      nines,
      unsigned ? '0' : `-${nines}`,
      '0',
      ...(scale > 0 ? ['.5', '0.5', '0.50'] : ['1']),
    ],
    refuses: [
      `1${nines}`,
      `${nines}${scale === 0 ? '.1' : '1'}`,
      '',
      '.',
      '1e1',
      null,
      ...(unsigned ? ['-1'] : []),
    ],
  };
}

/** @returns {Case} */
function float(declared, { isFloat, scale, unsigned, takes, refuses }) {
  const bits = (random) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, random.integer(0, 2 ** 32 - 1));
    view.setUint32(4, random.integer(0, 2 ** 32 - 1));
    return random.oneOf(
      () => view.getFloat64(0),
      () => view.getFloat32(0),
    );
  };
  const held = (value) => (isFloat ? Math.fround(value) : value);
  return {
    declared,
    value: (random) =>
      random.oneOf(
        () => bits(random),
        () => random.integer(-(10 ** 7), 10 ** 7) / 10 ** random.integer(0, 9),
        () => Number(`${random.digits(random.integer(1, 8))}e${random.integer(-50, 45)}`),
        () =>
          Number(
            `${random.pick(['', '-'])}${random.digits(random.integer(1, 4))}.${random.digits(random.integer(1, 17))}`,
          ),
        () =>
          random.pick([
            3.4028234663852886e38,
            3.4028235e38,
            3.5e38,
            Number.MAX_VALUE,
            Number.MIN_VALUE,
            1e-46,
            1.4e-45,
            16777216,
            16777217,
            16777218,
            0.1,
            -0,
            '0.1',
            '1.50',
            '1e5',
            '0.10000000000000000001',
            5n,
          ]),
        () => junk(random),
      ),
    // Cast to DOUBLE, the value shows all its digits.
    shown: scale === undefined ? 'CAST(CAST(c AS DOUBLE) AS CHAR)' : 'CAST(c AS CHAR)',
    exactly: (value) =>
      scale === undefined ? String(held(Number(value)) + 0) : String(Number(value) + 0),
    normal: (text) => String(Number(text) + 0),
    // HandlerSocket shows six digits of a FLOAT.
    form: (value) => (isFloat ? undefined : Number(value) + 0),
    takes,
    refuses: [...refuses, NaN, Infinity, 'abc', '', null, ...(unsigned ? [-1] : [])],
  };
}

/** @returns {Case} */
function bit(bits) {
  const size = Math.ceil(bits / 8);
  const last = 2n ** BigInt(bits) - 1n;
  return {
    declared: `BIT(${bits})`,
    value: (random) =>
      random.oneOf(
        () => last + BigInt(random.integer(-3, 3)),
        () => random.bigint(random.integer(0, bits + 1)),
        () => random.integer(-2, 300),
        () => random.bytes(random.integer(0, size + 1)),
        () => random.pick([true, false, '1', 1.5]),
        () => junk(random),
      ),
    shown: 'CAST(c + 0 AS CHAR)',
    exactly: (value) =>
      String(Buffer.isBuffer(value) ? BigInt(`0x${value.toString('hex')}`) : BigInt(value)),
    form: (_value, shown) => BigInt(shown),
    takes: [0n, last, Buffer.alloc(size)],
    refuses: [last + 1n, -1n, Buffer.alloc(size + 1), '1', null],
  };
}

/** @returns {Case} */
function year() {
  return {
    declared: 'YEAR',
    value: (random) =>
      random.oneOf(
        () => random.integer(1890, 2165),
        () => random.integer(-2, 110),
        () => String(random.integer(0, 2200)),
        () => BigInt(random.integer(1895, 2160)),
        () => random.pick(['0000', '00', '0', 1999.5, '1999.0']),
        () => junk(random),
      ),
    shown: 'CAST(c AS CHAR)',
    exactly: (value) => String(Number(value)).padStart(4, '0'),
    form: Number,
    takes: [0, 1901, 2155, '1999'],
    refuses: [1, 70, 99, 1900, 2156, '70', null],
  };
}

/**
 * The cases that every server supports.
 * @param {string} version
 */
function plainCases(version) {
  const isLong = Number(/^\d+\.\d+/.exec(version)[0]) >= 11.5;
  const lastTimestamp = isLong ? '2106-02-07 06:28:15' : '2038-01-19 03:14:07';
  const timestamp = {
    first: '1970-01-01 00:00:01',
    last: lastTimestamp,
    edges: [new Date(0), new Date(1000), new Date(`${lastTimestamp}Z`)],
  };
  const dateTime = {
    first: '0001-01-01 00:00:00',
    last: '9999-12-31 23:59:59',
    edges: [new Date('0001-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59.999Z'), new Date(0)],
  };
  const floats = {
    isFloat: true,
    takes: [0.1, 1.5, 16777216, 3.4028234663852886e38, -0],
    refuses: [16777217, 3.5e38, 0.1234567, 1e-50],
  };
  return [
    integer('TINYINT', 8, false),
    integer('TINYINT UNSIGNED', 8, true),
    integer('SMALLINT', 16, false),
    integer('SMALLINT UNSIGNED', 16, true),
    integer('MEDIUMINT', 24, false),
    integer('MEDIUMINT UNSIGNED', 24, true),
    integer('INT', 32, false),
    integer('INT(10) unsigned zerofill', 32, true),
    integer('BIGINT', 64, false),
    integer('BIGINT UNSIGNED', 64, true),
    boolean(),
    decimal(5, 2, false),
    decimal(2, 2, false),
    decimal(10, 0, true),
    decimal(65, 30, false),
    float('FLOAT', floats),
    float('FLOAT UNSIGNED', { ...floats, unsigned: true }),
    float('FLOAT(7,2)', {
      isFloat: true,
      scale: 2,
      takes: [0.25, 12345.67, 99999.99],
      refuses: [0.125, 100000],
    }),
    float('DOUBLE', {
      takes: [0.1, Number.MAX_VALUE, Number.MIN_VALUE, 16777217, '0.1'],
      refuses: ['0.10000000000000000001'],
    }),
    float('DOUBLE UNSIGNED', { unsigned: true, takes: [0.1, 0], refuses: [] }),
    float('DOUBLE(10,3)', {
      scale: 3,
      takes: [0.125, 9999999.999, 0.285],
      refuses: [0.0625, 10000000],
    }),
    float('DOUBLE(20,15)', {
      scale: 15,
      takes: [-0.123456789012345, 1e-15, -1e-15, -99999.5],
      refuses: [1e-16, 100001],
    }),
    float('FLOAT(20,15)', { isFloat: true, scale: 15, takes: [-0.5, 0.25], refuses: [0.1] }),
    ...[1, 5, 8, 9, 63, 64].map(bit),
    year(),
    date(),
    time(0),
    time(3),
    time(6),
    moment('DATETIME', 0, dateTime),
    moment('DATETIME', 3, dateTime),
    moment('DATETIME', 6, dateTime),
    moment('TIMESTAMP', 0, timestamp),
    moment('TIMESTAMP', 3, timestamp),
    moment('TIMESTAMP', 6, timestamp),
  ];
}

module.exports = { plainCases };
