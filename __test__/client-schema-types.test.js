'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { useKnownTables } = require('./support/known-tables.js');

describe('types beside a schema:', () => {
  const tables = useKnownTables('');
  let made = 0;

  for (const type of ['ENUM', 'SET']) {
    test(`${type} CHARACTER SET binary is refused at openIndex, unless it is not opened or read raw`, async (t) => {
      const table = `t${++made}`;
      await tables.sql(
        `CREATE TABLE t.${table} (id INT PRIMARY KEY, v ${type}('a', 'b') CHARACTER SET binary, KEY by_v (v)); INSERT INTO t.${table} VALUES (1, 'b')`,
      );
      const schema = await tables.read(t, table);
      const { client, index } = await tables.open(t, table, { columns: ['id'] });
      assert.throws(() => client.openIndex({ schema }), {
        code: 'ERR_HS_SCHEMA',
        message: /column 'v' has the type .* in the charset binary/,
      });
      assert.deepEqual(await index.get(1), { id: 1 });
      const raw = client.openIndex({ schema, types: { v: 'buffer' } });
      assert.deepEqual(await raw.get(1), { id: 1, v: Buffer.from('b') });
      await assert.rejects(raw.update('=', 1, { v: Buffer.from('a') }), TypeError);
      const byV = client.openIndex({ schema, index: 'by_v', columns: ['id'] });
      await assert.rejects(byV.find('=', 'b', { limit: 9 }), TypeError);
    });
  }
});
