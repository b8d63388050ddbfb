'use strict';

/* Packages that take a Keyv store: cache-manager 7 and got 14, both with Keyv 5. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');
const { describe, test } = require('node:test');
const { pathToFileURL } = require('node:url');

const { Keyv5Store } = require('../lib/keyv');
const { TEST_TOOLS } = require('../scripts/tools.js');
const { CREATE_TABLE, emptyStore, keyvOf } = require('./support/keyv.js');
const { useServer } = require('./support/server.js');

const requireTool = createRequire(path.join(TEST_TOOLS, 'package.json'));
const server = useServer({ sql: CREATE_TABLE });

describe('cache-manager', () => {
  test('computes a value once, and shares it with another process', async (t) => {
    const { createCache } = requireTool('cache-manager');
    const open = async () => {
      const store = await emptyStore(t, server, Keyv5Store);
      return createCache({ stores: [new (keyvOf(5))({ store, namespace: 'pages' })] });
    };
    const [here, elsewhere] = [await open(), await open()];
    let computed = 0;
    const compute = async () => ({ computed: ++computed });
    assert.deepEqual(await here.wrap('/tea', compute, 60_000), { computed: 1 });
    assert.deepEqual(await elsewhere.wrap('/tea', compute, 60_000), { computed: 1 });
    assert.ok((await here.ttl('/tea')) > Date.now());

    await here.mset([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 1000 },
    ]);
    assert.deepEqual(await elsewhere.mget(['b', 'c', 'a']), [2, undefined, 1]);
    await elsewhere.mdel(['a', 'b']);
    assert.deepEqual(await here.mget(['a', 'b']), [undefined, undefined]);
    await here.clear();
    assert.deepEqual(await server.sql('SELECT COUNT(*) FROM cache.keyv'), [['0']]);
  });
});

describe('got', () => {
  test('asks for a page once, as long as the page is fresh', async (t) => {
    const { default: got } = await import(pathToFileURL(requireTool.resolve('got')).href);
    let asked = 0;
    const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const pages = http.createServer((_request, response) => {
      asked++;
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end(body);
    });
    await once(pages.listen(0, '127.0.0.1'), 'listening');
    t.after(() => pages.close());

    const cache = await emptyStore(t, server, Keyv5Store);
    // got returns the response before it has stored it.
    const kept = new Promise((resolve) => {
      const set = cache.set.bind(cache);
      cache.set = async (...entry) => resolve(await set(...entry));
    });
    const url = `http://127.0.0.1:${pages.address().port}/tea`;
    for (const isFromCache of [false, true]) {
      const response = await got(url, { cache, responseType: 'buffer' });
      assert.equal(response.isFromCache, isFromCache);
      assert.deepEqual(response.body, body);
      await kept;
    }
    assert.equal(asked, 1);
    const rows = await server.sql('SELECT id FROM cache.keyv');
    assert.deepEqual(rows, [[`cacheable-request:GET:${url}`]]);
  });
});
