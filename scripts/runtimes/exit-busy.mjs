/* Must exit with status 0 during calls. */

import { Client } from 'hansock';
import { startServer } from 'hansock/testing';

const { host, port, secret } = await startServer({
  sql: 'CREATE DATABASE t; CREATE TABLE t.kv (k INT PRIMARY KEY); INSERT INTO t.kv VALUES (1)',
});
const client = new Client({ host, port, secret });
const kv = client.openIndex({ database: 't', table: 'kv', columns: ['k'] });
await kv.get(1);
for (let i = 0; i < 100; i++) kv.get(1).catch(() => {});
await new Promise((resolve) => setImmediate(resolve));
process.exit(0);
