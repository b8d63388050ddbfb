'use strict';

/** Values that no column takes, or hardly any. */
const JUNK = [
  undefined,
  null,
  NaN,
  Infinity,
  '',
  ' ',
  'abc',
  {},
  [],
  Symbol('s'),
  new Date(NaN),
  '0x1F',
  '1e2',
  '١',
  () => 1,
];
const junk = (random) => random.pick(JUNK);

module.exports = { junk };
