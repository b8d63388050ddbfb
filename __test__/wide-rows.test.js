'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Batch } = require('..');
const { assertFailure, executeBesideHealthy, run, valuesOf } = require('./support/failures.js');
const { useServer } = require('./support/server.js');

/** The most columns that a table of MariaDB has. */
const MAX_COLUMNS = 4096;

describe('a row', () => {
  const server = useServer({
    sql: 'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY, v INT); INSERT INTO t.kv VALUES (1, 7)',
  });

  /** The server reads a column each time it is named. */
  const findOf = (count) =>
    new Batch()
      .openIndex(0, { database: 't', table: 'kv', columns: Array(count).fill('v') })
      .find(0, '=', [1]);

  test('of 4096 columns is read', async () => {
    const replies = await run(server.reader(), findOf(MAX_COLUMNS));
    assert.deepEqual(valuesOf(replies), [[], Array(MAX_COLUMNS).fill('7')]);
  });

  test('of more columns is refused', async (t) => {
    const connection = server.reader();
    const batch = findOf(MAX_COLUMNS + 1);
    const { reason, replies } = await executeBesideHealthy(t, connection, batch);
    assertFailure(reason, {
      code: 'ERR_HS_PROTOCOL',
      address: server.readAddress,
      outcome: 'unknown',
      message:
        /reply 2 is not HandlerSocket's protocol: rows of 4097 columns, where 4096 is the most/,
    });
    assert.deepEqual(valuesOf(replies), [[]]);
    assert.equal(connection.state, 'aborted');
  });
});
