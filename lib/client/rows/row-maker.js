'use strict';

const { NULL } = require('../../protocol/constants.js');

/*
 * Makes rows as objects, with functions that are compiled once for a list of columns. An object
 * literal with the columns' names gives all rows one shape from the start; filling in the names one
 * by one takes V8 more than twice as long.
 */

/**
 * By column list and types, since all indexes with the same benefit from what V8 has learned about
 * a function.
 * @type {Map<string, RowMaker>}
 */
const known = new Map();
/** Bounds the memory of a program that generates column lists. */
const MAX_KNOWN = 1000;

/**
 * @typedef {import('../../core/reply.js').Row} Row
 * @typedef {import('../../core/reply.js').RowMaker} RowMaker
 *
 * @callback Converter  makes a value of its text; its errors reach the caller
 * @param {string} text
 * @returns {unknown}
 *
 * @callback Refuser
 * @param {string} name  of the column
 * @returns {never}
 */

/**
 * @param {readonly string[]} names
 * @param {readonly (Converter | null)[]} converters  null for text that is not converted
 * @param {readonly (Refuser | null)[]} refusers  throw for NULL; null if the column may be NULL
 * @param {string} key  equal for lists that make the same rows
 * @returns {RowMaker}
 */
function rowMakerOf(names, converters, refusers, key) {
  let maker = known.get(key);
  if (maker === undefined) {
    maker = makeRowMaker(names, converters, refusers);
    if (known.size === MAX_KNOWN) known.clear();
    known.set(key, maker);
  }
  return maker;
}

/**
 * @param {readonly string[]} names
 * @param {readonly (Converter | null)[]} converters
 * @param {readonly (Refuser | null)[]} refusers
 * @returns {RowMaker}
 */
function makeRowMaker(names, converters, refusers) {
  try {
    return compile(names, converters, refusers);
  } catch (error) {
    // A process may forbid compiling code at run time.
    if (error instanceof EvalError) return interpret(names, converters, refusers);
    throw error;
  }
}

/**
 * @param {readonly string[]} names
 * @param {readonly (Converter | null)[]} converters
 * @param {readonly (Refuser | null)[]} refusers
 * @returns {RowMaker}
 */
function compile(names, converters, refusers) {
  const { length } = names;
  const cutOne = (/** @type {number} */ i) => `
    ${i < length - 1 ? findTab() : findTabOrEnd()}
    const v${i} = text.slice(start, tab);
    start = tab + 1;`;
  const cut = `let tab; ${names.map((_, i) => cutOne(i)).join('')}`;
  /** @param {number} i @param {string} value */
  const convert = (i, value) => {
    return converters[i] === null ? value : `converters[${i}](${value})`;
  };
  /** @param {number} i */
  const ofNull = (i) => {
    return refusers[i] === null ? 'null' : `refusers[${i}](${JSON.stringify(names[i])})`;
  };
  const ofText = literal(names, (i) => `v${i} === NULL ? ${ofNull(i)} : ${convert(i, `v${i}`)}`);
  const ofValues = literal(names, (i) => {
    const value = `values[start + ${i}]`;
    if (converters[i] === null && refusers[i] === null) return value;
    return `${value} === null ? ${ofNull(i)} : ${convert(i, value)}`;
  });
  const code = `return {
    fromText(text, start, end) { ${cut} return ${ofText}; },
    addFromText(text, start, end, rows) { while (start <= end) { ${cut} rows.push(${ofText}); } },
    fromValues(values) { const start = 0; return ${ofValues}; },
    addFromValues(values, rows) {
      for (let start = 0; start < values.length; start += ${length}) rows.push(${ofValues});
    },
  };`;
  return new Function('NULL', 'converters', 'refusers', code)(NULL, converters, refusers);
}

function findTab() {
  return `tab = text.indexOf('\\t', start);`;
}

function findTabOrEnd() {
  return `${findTab()} if (tab === -1 || tab > end) tab = end;`;
}

/**
 * @param {readonly string[]} names
 * @param {(i: number) => string} expressionOf
 */
function literal(names, expressionOf) {
  const fields = names.map((name, i) => {
    const key = JSON.stringify(name);
    // If `__proto__` is not computed, it sets the prototype.
    return `${name === '__proto__' ? `[${key}]` : key}: ${expressionOf(i)}`;
  });
  return `{ ${fields.join(', ')} }`;
}

/**
 * @param {readonly string[]} names
 * @param {readonly (Converter | null)[]} converters
 * @param {readonly (Refuser | null)[]} refusers
 * @returns {RowMaker}
 */
function interpret(names, converters, refusers) {
  /**
   * @param {readonly any[]} values
   * @param {number} start
   */
  const rowAt = (values, start) => {
    const entries = names.map((name, i) => {
      const value = values[start + i];
      if (value === null) refusers[i]?.(name);
      const convert = value === null ? null : converters[i];
      return [name, convert === null ? value : convert(value)];
    });
    return Object.fromEntries(entries);
  };
  /** @type {RowMaker['addFromValues']} */
  const addFromValues = (values, rows) => {
    for (let start = 0; start < values.length; start += names.length) {
      rows.push(rowAt(values, start));
    }
  };
  /**
   * @param {string} text
   * @param {number} start
   * @param {number} end
   */
  const cut = (text, start, end) => {
    const values = text.slice(start, end).split('\t');
    return values.map((value) => (value === NULL ? null : value));
  };
  return {
    addFromValues,
    fromValues: (values) => rowAt(values, 0),
    fromText: (text, start, end) => rowAt(cut(text, start, end), 0),
    addFromText: (text, start, end, rows) => addFromValues(cut(text, start, end), rows),
  };
}

module.exports = { rowMakerOf };
