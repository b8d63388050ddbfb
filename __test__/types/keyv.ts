import { Client } from 'hansock';
import { Keyv5Store, KeyvStore, type KeyvStoreOptions } from 'hansock/keyv';
import { exactly } from './exactly.js';

const options: KeyvStoreOptions = {
  client: new Client(),
  database: 'cache',
  table: 'keyv',
  maxKeyBytes: undefined,
  pageSize: 10,
};

export async function use() {
  const store = new KeyvStore(options);
  exactly<string | undefined>()(await store.get('k'));
  exactly<(string | undefined)[]>()(await store.getMany(['k']));
  exactly<boolean>()(await store.set('k', 'v', Date.now() + 1000));
  exactly<boolean[]>()(await store.setMany([{ key: 'k', value: 'v', expires: undefined }]));
  exactly<boolean[]>()(await store.deleteMany(['k']));
  exactly<number>()(await store.deleteExpired());
  for await (const [key, value] of store.iterator()) exactly<string>()(key + value);

  const store5 = new Keyv5Store(options);
  exactly<boolean>()(await store5.deleteMany(['k']));
  await store5.setMany([{ key: 'k', value: 'v', ttl: 1000 }]);
  for await (const [key] of store5.iterator('namespace')) exactly<string>()(key);
}

// @ts-expect-error: the table is missing
new KeyvStore({ client: new Client(), database: 'cache' });
