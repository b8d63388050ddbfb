/** Syntax of TypeScript 5.2 and later. */

import { Client, Connection, ShardedClient } from 'hansock';
import { startServer, type TestServer } from 'hansock/testing';
import { exactly } from './exactly.js';

export async function use() {
  await using client = new Client();
  exactly<Client>()(client);
  await using cluster = new ShardedClient({ servers: [{}] });
  exactly<ShardedClient>()(cluster);
  await using server = await startServer();
  exactly<TestServer>()(server);
  using connection = new Connection();
  exactly<Connection>()(connection);
}
