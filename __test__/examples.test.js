'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { TEST_TOOLS } = require('../scripts/tools.js');
const { runChild } = require('./support/children.js');

const FOLDER = path.join(__dirname, '..', 'examples');
const TYPESCRIPT = pathToFileURL(path.join(__dirname, 'support/typescript.mjs')).href;

/** Texts that the output of each example must contain. */
const TOLD = {
  'client.js': [
    /^insert \{ insertId: 1n \}$/m,
    /^find \[ 'Coffee', 'Bread' \]$/m,
    /^deleteReturning \[ 'Coffee' \]$/m,
    /^SQL counts 1 row$/m,
  ],
  'cache-aside.js': [/: 1000 finds, round trips: \d+$/m, /^after an update: .*'Ada'/m],
  'counters.js': [
    /^\/tea: 1000 views$/m,
    /^200 invoices: 1000 to 1199, each once$/m,
    /^250 buyers, 100 tickets: 100 sold, 0 left$/m,
  ],
  'bulk-load.js': [
    /^is there already: \{ id: 5000,/m,
    /^19999 rows in /m,
    /^SQL counts 20000 rows$/m,
  ],
  'paging.js': [/^5000 items on 250 pages$/m, /^scan gave 5000 items$/m],
  'keyv.js': [
    /^another client reads \{ name: 'Ada', basket: \[ 'tea' \] \}$/m,
    /^getMany \[ \{ name: 'User 7' \}, undefined, \{ name: 'User 999' \} \]$/m,
    /^has what has expired: false$/m,
    /^deleteExpired deleted 1$/m,
    /^SQL counts 0 rows after clear$/m,
  ],
  'opentelemetry.js': [
    /^ERR_HS_DUPLICATE_KEY$/m,
    /^insert item in the request done \{\n {2}'db.system.name': 'mariadb',\n {2}'db.operation.name': 'insert',\n {2}'server.address': '127.0.0.1',\n {2}'db.namespace': 'shop',\n {2}'db.collection.name': 'item'\n\}$/m,
    /^insertMany item in the request done \{[^}]*'db.operation.batch.size': 2,/m,
    /^insert item in the request failed \{[^}]*'error.type': 'ERR_HS_DUPLICATE_KEY'/m,
    /^get item in the request done \{/m,
  ],
  'prometheus.js': [
    /^hansock_errors_total\{code="ERR_HS_DUPLICATE_KEY"\} 1$/m,
    /^hansock_connections\{state="in use"\} [01]$/m,
    /^hansock_latency_seconds\{stage="round_trip",quantile="0.99"\} [\d.e-]+$/m,
    /^hansock_received_bytes_total [1-9]\d*$/m,
    /^hansock_pending_calls 0$/m,
  ],
  'sharding.js': [
    /^two servers: \d+ and \d+ rows, \d+ were moved$/m,
    /^scan: 5000 rows of both in order$/m,
    /^a server is down: ERR_HS_(?:CONNECT|LOST), it had \d+ of the keys$/m,
    /^it is back: 5000 rows$/m,
  ],
};

describe('examples:', () => {
  for (const [name, told] of Object.entries(TOLD)) {
    for (const file of [name, name.replace(/\.js$/, '.mts')]) {
      if (!fs.existsSync(path.join(FOLDER, file))) continue;
      test(`${file} runs and tells what it should`, async (t) => {
        const { code, signal, stdout, stderr } = await runExample(t, file);
        assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' }, stdout);
        for (const pattern of told) assert.match(stdout, pattern);
      });
    }
  }

  test('each in TypeScript stands beside one in JavaScript, and they are six', () => {
    const typed = fs.readdirSync(FOLDER).filter((name) => name.endsWith('.mts'));
    assert.equal(typed.length, 6);
    for (const name of typed) assert.ok(name.replace(/\.mts$/, '.js') in TOLD, name);
  });
});

/**
 * @param {import('node:test').TestContext} context
 * @param {string} file
 */
function runExample(context, file) {
  const program = (_hansock, url) => import(url);
  return runChild(context, program, {
    args: [pathToFileURL(path.join(FOLDER, file)).href],
    flags: file.endsWith('.mts')
      ? ['--import', TYPESCRIPT, '--disable-warning=ExperimentalWarning']
      : [],
    // Packages that are not dependencies.
    env: { NODE_PATH: path.join(TEST_TOOLS, 'node_modules') },
  });
}
