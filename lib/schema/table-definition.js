'use strict';

/*
 * Reads from SHOW CREATE TABLE what information_schema omits. The text comes from a session without
 * sql_mode, so names are in backticks and strings in single quotes.
 */

/** A name in backticks, a string, or one other character. */
const TOKENS = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'|./gs;
const NAME = /`((?:[^`]|``)*)`/g;

/**
 * @typedef {object} TableDefinition
 * @property {string[]} columns
 * @property {string[]} keys
 * @property {string[]} withoutOverlaps  names of keys
 * @property {{ name: string, clause: string }[]} checks  each name once; a check of a column has
 *   the column's name
 */

/**
 * @param {string} text
 * @returns {TableDefinition}
 */
function parseTableDefinition(text) {
  /** @type {TableDefinition} */
  const definition = { columns: [], keys: [], withoutOverlaps: [], checks: [] };
  for (const tokens of definitionsIn(text)) addDefinition(definition, tokens);
  return definition;
}

/**
 * @param {TableDefinition} definition
 * @param {readonly string[]} tokens
 */
function addDefinition(definition, tokens) {
  const text = tokens.join('').trim();
  const [name, ...others] = namesIn(text);
  if (text.startsWith('`')) definition.columns.push(name);
  const [, kind] = /^(PRIMARY|PERIOD|(?:[A-Z]+ )?KEY|CONSTRAINT)\b/.exec(text) ?? [];
  if (kind === 'PRIMARY') definition.keys.push('PRIMARY');
  else if (kind?.endsWith('KEY')) definition.keys.push(name);
  if (kind !== undefined && text.replace(NAME, '').includes(' WITHOUT OVERLAPS')) {
    definition.withoutOverlaps.push(kind === 'PRIMARY' ? 'PRIMARY' : name);
  }
  // The server enforces `start < end` as a check.
  if (kind === 'PERIOD' && others.length === 2) {
    const clause = others.map((column) => `\`${column.replaceAll('`', '``')}\``).join(' < ');
    definition.checks.push({ name, clause });
  }
  const clause = checkIn(tokens);
  if (clause !== undefined) definition.checks.push({ name, clause });
}

/**
 * The tokens between the commas of the outermost parentheses.
 * @param {string} text
 */
function definitionsIn(text) {
  /** @type {readonly string[]} */
  const tokens = text.match(TOKENS) ?? [];
  /** @type {string[][]} */
  const definitions = [[]];
  let depth = 1;
  for (const token of tokens.slice(tokens.indexOf('(') + 1)) {
    if (token === '(') depth++;
    else if (token === ')' && --depth === 0) break;
    if (depth === 1 && token === ',') definitions.push([]);
    else definitions[definitions.length - 1].push(token);
  }
  return definitions;
}

/**
 * The expression of ` CHECK (…)` outside other parentheses.
 * @param {readonly string[]} tokens
 */
function checkIn(tokens) {
  const CHECK = [...' CHECK ('];
  let depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (depth === 0 && CHECK.every((character, j) => tokens[i + j] === character)) {
      return untilClosed(tokens, i + CHECK.length);
    }
    if (tokens[i] === '(') depth++;
    else if (tokens[i] === ')') depth--;
  }
  return undefined;
}

/**
 * @param {readonly string[]} tokens
 * @param {number} start
 */
function untilClosed(tokens, start) {
  let depth = 1;
  let end = start;
  for (; end < tokens.length; end++) {
    if (tokens[end] === '(') depth++;
    else if (tokens[end] === ')' && --depth === 0) break;
  }
  return tokens.slice(start, end).join('');
}

/**
 * The names in backticks in an expression, each once.
 * @param {string} expression
 */
function namesIn(expression) {
  /** @type {string[]} */
  const names = [];
  for (const token of expression.match(TOKENS) ?? []) {
    if (token.length > 1 && token.startsWith('`')) {
      names.push(token.slice(1, -1).replaceAll('``', '`'));
    }
  }
  return [...new Set(names)];
}

/** @type {Readonly<Record<string, string>>} */
const ESCAPES = { 0: '\0', n: '\n', r: '\r', t: '\t', b: '\b', Z: '\x1a' };

/**
 * The strings of `enum('a','b')`, `set(…)`, or a default.
 * @param {string} text
 */
function stringsIn(text) {
  const strings = (text.match(TOKENS) ?? []).filter(
    (token) => token.length > 1 && token.startsWith("'"),
  );
  return strings.map((string) =>
    string
      .slice(1, -1)
      .replace(/''|\\(.)/gs, (pair, escaped) =>
        pair === "''" ? "'" : (ESCAPES[escaped] ?? escaped),
      ),
  );
}

module.exports = { namesIn, parseTableDefinition, stringsIn };
