'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { ByteWriter } = require('../lib/protocol/byte-writer.js');
const { Command } = require('../lib/protocol/command.js');
const { encodeValue } = require('../lib/protocol/encode.js');

/** The bytes that the writer makes of a command with these values. */
function write(writer, values) {
  const start = writer.length;
  writer.command(7, new Command('\t+', values, 'values'));
  return writer.bytes.subarray(start).toString('latin1');
}

/** The expected bytes. */
function expected(values) {
  return `7\t+${values.map((value) => `\t${encodeValue(value, 'value')}`).join('')}\n`;
}

describe('ByteWriter writes the bytes of encodeValue:', () => {
  test('numbers of any length', () => {
    const powers = Array.from({ length: 22 }, (_, i) => 10 ** i);
    const around = [...powers, 2 ** 31, 2 ** 32, 2 ** 53].flatMap((n) => [n - 1, n, n + 1]);
    for (const number of [...around, 0, 0.5, 1.5e-7, 1e300]) {
      const values = [number, -number];
      assert.equal(write(new ByteWriter(), values), expected(values));
    }
  });

  test('texts of any length, with a special character at any position', () => {
    for (const length of [0, 1, 2, 47, 48, 49, 100]) {
      const text = 'x'.repeat(length);
      assert.equal(write(new ByteWriter(), [text]), expected([text]));
      for (const at of new Set([0, length >> 1, length - 1])) {
        for (const other of ['\0', '\t', '\x0f', '\x10', '\x7f', '\x80', 'é', '東', '😀']) {
          const values = [text.slice(0, at) + other + text.slice(at + 1), 'behind'];
          assert.equal(write(new ByteWriter(), values), expected(values));
        }
      }
    }
  });

  test('all other values', () => {
    const values = [null, true, false, 2n ** 80n, Buffer.from([0, 1, 9, 16, 255]), ''];
    assert.equal(write(new ByteWriter(), values), expected(values));
  });

  test('commands past its first capacity', () => {
    const writer = new ByteWriter();
    const lines = Array.from({ length: 2000 }, (_, i) => [i, `text ${i}`, 'x'.repeat(i % 300)]);
    for (const values of lines) assert.equal(write(writer, values), expected(values));
    assert.equal(writer.bytes.toString('latin1'), lines.map(expected).join(''));
  });
});

test('ByteWriter writes nothing of a command with a value that cannot be sent', () => {
  const writer = new ByteWriter();
  write(writer, ['before']);
  for (const bad of [undefined, NaN, Infinity, {}, new Date(0), Symbol('s')]) {
    assert.throws(() => write(writer, ['fine', bad]), {
      name: 'TypeError',
      message: /^values\[1\] must be/,
    });
  }
  assert.equal(writer.bytes.toString(), expected(['before']));
});

test('Command.keep copies bytes and refuses values that cannot be sent', () => {
  const bytes = Buffer.from('abc');
  const command = new Command('\t+', [1, bytes], 'values').keep();
  bytes.fill('x');
  const writer = new ByteWriter();
  writer.command(7, command);
  assert.equal(writer.bytes.toString(), expected([1, 'abc']));
  assert.throws(() => new Command('\t+', [1, undefined], 'values').keep(), {
    name: 'TypeError',
    message: /^values\[1\] must be/,
  });
});
