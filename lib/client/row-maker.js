'use strict';

/*
 * Rows as objects, made by functions that are compiled once for a list of columns. An object literal with the columns' names
 * gives all rows one shape from the start; to fill in names one by one takes V8 more than twice as long.
 */

const NULL = '\0';

/** By the lists. What V8 has learned of a function serves all indexes with the same columns. @type {Map<string, RowMaker>} */
const known = new Map();
/** A program that makes up lists without end is not to fill the memory. */
const MAX_KNOWN = 1000;

/**
 * @typedef {Record<string, unknown>} Row
 *
 * @typedef {object} RowMaker
 * @property {(values: readonly unknown[], start: number) => Row} fromValues  of those from `start` on
 * @property {((text: string, start: number, end: number) => Row | undefined)} fromText
 *   of a reply's values from `start` to `end` of the text, separated by TABs; undefined if they are too few
 */

/**
 * @param {readonly string[]} names
 * @returns {RowMaker}
 */
function rowMakerOf(names) {
  const list = JSON.stringify(names);
  let maker = known.get(list);
  if (maker === undefined) {
    maker = makeRowMaker(names);
    if (known.size === MAX_KNOWN) known.clear();
    known.set(list, maker);
  }
  return maker;
}

/**
 * @param {readonly string[]} names
 * @returns {RowMaker}
 */
function makeRowMaker(names) {
  try {
    return compile(names);
  } catch (error) {
    // A process may forbid to compile code at run time.
    if (error instanceof EvalError) return interpret(names);
    throw error;
  }
}

/**
 * @param {readonly string[]} names
 * @returns {RowMaker}
 */
function compile(names) {
  const last = names.length - 1;
  const cuts = names.map((_, i) => {
    const find = `tab = text.indexOf('\\t', start);`;
    return i === last
      ? `${find} const v${i} = text.slice(start, tab === -1 || tab > end ? end : tab);`
      : `${find} if (tab === -1 || tab > end) return undefined;
         const v${i} = text.slice(start, tab); start = tab + 1;`;
  });
  const fromText = `let tab; ${cuts.join('\n')}
    return ${literal(names, (i) => `v${i} === NULL ? null : v${i}`)};`;
  const fromValues = `return ${literal(names, (i) => `values[start + ${i}]`)};`;
  const code = `return {
    fromText(text, start, end) { ${fromText} },
    fromValues(values, start) { ${fromValues} },
  };`;
  return new Function('NULL', code)(NULL);
}

/**
 * @param {readonly string[]} names
 * @param {(i: number) => string} expressionOf
 */
function literal(names, expressionOf) {
  const fields = names.map((name, i) => {
    const key = JSON.stringify(name);
    // Not computed it would set the prototype.
    return `${name === '__proto__' ? `[${key}]` : key}: ${expressionOf(i)}`;
  });
  return `{ ${fields.join(', ')} }`;
}

/**
 * @param {readonly string[]} names
 * @returns {RowMaker}
 */
function interpret(names) {
  /** @type {RowMaker['fromValues']} */
  const fromValues = (values, start) => {
    return Object.fromEntries(names.map((name, i) => [name, values[start + i]]));
  };
  return {
    fromValues,
    fromText(text, start, end) {
      const values = text.slice(start, end).split('\t');
      if (values.length < names.length) return undefined;
      return fromValues(
        values.map((value) => (value === NULL ? null : value)),
        0,
      );
    },
  };
}

module.exports = { rowMakerOf };
