'use strict';

/*
 * Makes rows in every way, the second column with numbers, and prints them. client-rows.test.js
 * runs it with and without compilation at run time.
 */

const { rowMakerOf } = require('../../lib/client/rows/row-maker.js');

const columns = JSON.parse(process.argv[2]);
const converters = columns.map((_, i) => (i === 1 ? Number : null));
const refusers = columns.map(() => null);
const maker = rowMakerOf(columns, converters, refusers, 'test');

const list = columns.map((_, i) => (i === 1 ? '17' : `value ${i}`));
const other = columns.map((_, i) => (i < 2 ? null : ''));
const both = [...list, ...other];
const text = both.map((value) => value ?? '\0').join('\t');
const around = `0\t${columns.length}\t`;

const fromText = [];
maker.addFromText(
  `${around}${text}\n${around}`,
  around.length,
  around.length + text.length,
  fromText,
);
const fromValues = [];
maker.addFromValues(both, fromValues);
const first = maker.fromText(text, 0, text.length);
const second = maker.fromValues(other);

const ways = [fromText, fromValues, [first, second]];
const rows = ways.map((way) => way.map((row) => Object.entries(row)));
console.log(JSON.stringify({ canCompile: canCompile(), rows }));

function canCompile() {
  try {
    new Function('');
    return true;
  } catch {
    return false;
  }
}
