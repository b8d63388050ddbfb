'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { readTable } = require('../lib/schema');
const { byteCases } = require('./support/byte-values.js');
const { plainCases } = require('./support/column-values.js');
const { compareStored, makeTable } = require('./support/exact-columns.js');
const { Random, SEED } = require('./support/random.js');
const { useServer } = require('./support/server.js');
const { connectSql } = require('./support/sql-connections.js');
const { textCases } = require('./support/text-values.js');

const VALUES = 10_000;
/** The number of concurrent calls. */
const CALLS = 2000;

/** One charset of each kind; schema-texts.test.js tests all of them. */
const isTried = ({ declared, since }) =>
  since === undefined &&
  (!declared.includes('CHARACTER SET') ||
    /^VARCHAR.* (?:utf8mb4|latin1|utf16|gbk)$/.test(declared));

const casesOf = (version) =>
  [...plainCases(version), ...byteCases(), ...textCases()].filter(isTried);

describe('what an index with a schema writes is stored exactly, or refused:', () => {
  const server = useServer({ sql: 'CREATE DATABASE t' });

  for (const { declared, share = 1 } of casesOf('10.11')) {
    test(declared, async (t) => {
      const sql = await connectSql(t, server.running);
      const { host, port, writePort, secret, writeSecret } = server.running;
      const client = new Client({ host, port, writePort, secret, writeSecret, timeoutMs: 60_000 });
      t.after(() => client.close());
      const [[version]] = await sql.query({ sql: 'SELECT version()', rowsAsArray: true });
      const tried = casesOf(version).find((one) => one.declared === declared);
      const { table } = await makeTable(sql, declared);
      const index = client.openIndex({ schema: await readTable(sql, 't', table) });

      const random = new Random();
      // An undefined value counts as not named and gets its default, NULL.
      const values = Array.from({ length: VALUES * share }, () => tried.value(random) ?? null);
      const taken = [];
      for (let start = 0; start < values.length; start += CALLS) {
        const part = values
          .slice(start, start + CALLS)
          .map((value, i) => ({ id: start + i, value }));
        const results = await Promise.allSettled(
          part.map(({ id, value }) => index.insert({ id, c: value })),
        );
        for (const [i, { status, reason }] of results.entries()) {
          if (status === 'fulfilled') taken.push(part[i]);
          else
            assert.match(
              `${reason}`,
              /^(?:Type|Range)Error: values: column 'c' \(/,
              `SEED=${SEED}`,
            );
        }
      }
      assert.ok(taken.length > values.length / 50, `it takes ${taken.length}`);
      const read = new Map();
      for await (const { id, c } of index.scan({ pageSize: 5000 })) read.set(id, c);
      await compareStored(sql, table, tried, taken, read);
    });
  }
});
