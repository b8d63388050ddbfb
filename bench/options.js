'use strict';

const { parseArgs } = require('node:util');

/**
 * @typedef {object} Effort
 * @property {number} rounds
 * @property {number} seconds  of each slice
 *
 * @typedef {object} Extent
 * @property {boolean} isQuick
 * @property {string | undefined} only  a part of the names to measure
 * @property {boolean} isUsual  whether the effort is that of a normal run
 *
 * @typedef {Effort & Extent} Options
 */

const FULL = { rounds: 7, seconds: 0.3 };
const QUICK = { rounds: 3, seconds: 0.15 };

/** @returns {Options} */
function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const usual = values.quick ? QUICK : FULL;
  return {
    isQuick: values.quick,
    only: values.only,
    isUsual: values.rounds === undefined && values.seconds === undefined,
    rounds: positive('rounds', values.rounds) ?? usual.rounds,
    seconds: positive('seconds', values.seconds) ?? usual.seconds,
  };
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
function positive(name, text) {
  if (text === undefined) return undefined;
  if (!(Number(text) > 0)) throw new TypeError(`--${name} takes a number above 0, not ${text}`);
  return Number(text);
}

module.exports = { readOptions, positive };
