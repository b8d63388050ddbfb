'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { isAtLeast } = require('../lib/schema/version.js');
const { byteCases } = require('./support/byte-values.js');
const { checkStored, describe: show, makeTable } = require('./support/exact-columns.js');
const { useSchemaServer } = require('./support/schema-server.js');
const { textCases } = require('./support/text-values.js');

const VALUES = 10_000;

describe('what the codec of a column of text or bytes takes is stored exactly:', () => {
  const server = useSchemaServer();

  for (const { share = 1, since = [0, 0], ...tried } of [...textCases(), ...byteCases()]) {
    test(tried.declared, async (t) => {
      const { sql, reader, writer, version } = await server.connect(t);
      if (!isAtLeast(version, ...since)) {
        t.skip('this server does not have the type');
        return;
      }
      const { codec } = await makeTable(sql, tried.declared);
      for (const value of tried.takes) codec.encode(value, 'value');
      for (const value of tried.refuses) {
        assert.throws(
          () => codec.encode(value, 'value'),
          /^(?:Type|Range)Error: value: column 'c'/,
          show(value),
        );
      }
      const { taken } = await checkStored({ sql, reader, writer }, tried, VALUES * share);
      assert.ok(taken.length > (VALUES * share) / 50, `it takes ${taken.length}`);
    });
  }
});
