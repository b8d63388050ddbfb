'use strict';

/** The most entries that are remembered, because a program may generate sets of columns. */
const MAX_KNOWN = 256;

/**
 * @template Value
 * @param {Map<string, Value>} known
 * @param {string} key
 * @param {Value} value
 */
function remember(known, key, value) {
  if (known.size === MAX_KNOWN) known.clear();
  known.set(key, value);
}

module.exports = { remember };
