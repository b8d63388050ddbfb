'use strict';

/* Makes a row of the columns given, and prints it: run by client-rows.test.js where nothing can be compiled. */

const { rowMakerOf } = require('../../lib/client/row-maker.js');

const columns = JSON.parse(process.argv[2]);
const values = columns.map((_, i) => `value ${i}`);
const { fromText, fromValues } = rowMakerOf(columns);
const text = values.join('\t');

let maker = 'interpreted';
try {
  new Function('');
  maker = 'compiled';
} catch {
  // As it should be.
}
const row = fromText(text, 0, text.length);
const list = fromValues(values, 0);
const missing = fromText('too few', 0, 'too few'.length) ?? null;
console.log(JSON.stringify({ maker, row, list, missing }));
