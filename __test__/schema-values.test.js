'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { plainCases } = require('./support/column-values.js');
const { checkStored, describe: show, makeTable } = require('./support/exact-columns.js');
const { useSchemaServer } = require('./support/schema-server.js');

const VALUES = 10_000;

describe('what the codec of a column takes is stored exactly:', () => {
  const server = useSchemaServer();

  // The cases of the newest version, for their names. The server's version selects the values.
  for (const { declared } of plainCases('10.11')) {
    test(declared, async (t) => {
      const { sql, reader, writer, version } = await server.connect(t);
      const tried = plainCases(version).find((one) => one.declared === declared);
      const { codec } = await makeTable(sql, declared);
      for (const value of tried.takes) codec.encode(value, 'value');
      for (const value of tried.refuses) {
        if (value === null && tried.nullable) continue;
        assert.throws(
          () => codec.encode(value, 'value'),
          /^(?:Type|Range)Error: value: column 'c'/,
          show(value),
        );
      }
      const { taken } = await checkStored({ sql, reader, writer }, tried, VALUES);
      assert.ok(taken.length > VALUES / 20, `it takes ${taken.length}`);
    });
  }
});
