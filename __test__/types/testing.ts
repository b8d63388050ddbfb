import { type StartServerOptions, startServer, type TestServer } from 'hansock/testing';
import { exactly } from './exactly.js';

const options: StartServerOptions = {
  secret: '',
  writeSecret: 's',
  threads: 4,
  sql: ['CREATE DATABASE t', 'USE t'],
  config: { innodb_lock_wait_timeout: 1, sql_mode: '' },
};
exactly<Promise<TestServer>>()(startServer(options));
startServer({ secret: undefined, sql: undefined, config: undefined, threads: undefined });

export async function use() {
  const server = await startServer();
  exactly<string>()(server.host);
  exactly<number>()(server.writePort);
  exactly<string[][]>()(await server.sql('SELECT 1'));
  await server.kill();
  await server.start();
  await server.stop();
}

// @ts-expect-error: threads are a number
startServer({ threads: '4' });
