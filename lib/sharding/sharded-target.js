'use strict';

const { OpenedIndex } = require('../client/opened-index.js');
const { TARGET_OPTIONS, describeIndex } = require('../client/target.js');
const { checkNames, checkOptions } = require('../util/check.js');
const { exactOrder, orderBy } = require('./merge.js');
const { ShardKey } = require('./shard-key.js');

/**
 * @typedef {object} OpenedShardedIndex
 * @property {OpenedIndex} opened
 * @property {ShardKey} shardKey
 * @property {(isDescending: boolean) => (a: any, b: any) => number} orderOf  makes the function that
 *   compares rows of several servers
 */

/**
 * Reads the target of ShardedClient.openIndex.
 * @param {import('../client/target.js').Target & Pick<import('../..').ShardedIndexTarget<readonly string[], object>, 'shardBy' | 'shardKey'>}
 *   target
 * @param {import('../client/operation.js').Define} define
 * @returns {OpenedShardedIndex}
 */
function openSharded(target, define) {
  checkNames(checkOptions(target, 'target'), 'target', [...TARGET_OPTIONS, 'shardBy', 'shardKey']);
  const { shardBy, shardKey: override, ...rest } = target;
  const { types = {}, schema } = rest;
  const description = describeIndex(rest);
  const { columns, shape } = description;
  const shardKey = new ShardKey(columns.names, shardBy, override, shape.hashedPart);
  const { names = shardBy } = shape;
  if (shardBy.some((name, i) => names[i] !== name)) {
    throw new TypeError(
      `target.shardBy must name the leading columns of the index, ${schema === undefined ? 'as target.keyColumns does' : names.join(', ')}`,
    );
  }
  return {
    opened: new OpenedIndex(description, define),
    shardKey,
    orderOf: (isDescending) => rowOrder(names, description, types, isDescending),
  };
}

/**
 * Makes a function that compares rows as an index orders them, as far as their columns tell the
 * order.
 * @param {readonly string[]} names  of the index's columns, or of those that are known
 * @param {import('../client/target.js').IndexDescription} index
 * @param {Readonly<Record<string, string | undefined>>} types  as they were declared
 * @param {boolean} isDescending
 */
function rowOrder(names, { columns, shape, schema }, types, isDescending) {
  if (shape.order !== null) return exactOrder(names, shape.order, isDescending);
  if (schema === undefined) return orderBy(names, types, isDescending);
  const shown = names.filter((name) => columns.names.includes(name));
  // With a schema, text in a column without a declared type is not a number.
  const known = Object.fromEntries(shown.map((name) => [name, types[name] ?? 'string']));
  return orderBy(shown, known, isDescending);
}

/**
 * @typedef {InstanceType<typeof import('../client/opened-index.js').OpenedIndex>} OpenedIndex
 * @typedef {InstanceType<typeof import('./shard-key.js').ShardKey>} ShardKey
 */

module.exports = { openSharded };
