/** Checks that lib/ implements index.d.ts: each class is used as the declared one. */

import type * as declared from 'hansock';
import type * as declaredKeyv from 'hansock/keyv';
import { Client } from '../../lib/client/client.js';
import type { Index } from '../../lib/client/table-index.js';
import { Batch } from '../../lib/core/batch.js';
import { Connection } from '../../lib/core/connection.js';
import { Executor } from '../../lib/core/executor.js';
import { Ketama } from '../../lib/core/ketama.js';
import type { Reply } from '../../lib/core/reply.js';
import type {
  ExecuteError,
  FanOutError,
  HandlerSocketError,
  ServerError,
} from '../../lib/errors/index.js';
import { Keyv5Store, KeyvStore } from '../../lib/keyv/index.js';
import { ShardedClient } from '../../lib/sharding/sharded-client.js';
import type { ShardedIndex } from '../../lib/sharding/sharded-index.js';

({ Batch, Connection, Executor, Ketama }) satisfies Pick<
  typeof declared,
  'Batch' | 'Connection' | 'Executor' | 'Ketama'
>;

/** As lib/ knows them: names are any strings, and values unknown, as they are of JSON. */
type AnyTarget = declared.OpenIndexTarget<readonly string[], Record<string, string>>;
type AnyIndex = declared.Index<readonly string[], Record<string, 'json'>>;

Client satisfies new (
  ...args: ConstructorParameters<typeof declared.Client>
) => Omit<declared.Client, 'openIndex'> & { openIndex(target: AnyTarget): AnyIndex };

type AnyShardedTarget = declared.ShardedIndexTarget<readonly string[], Record<string, string>>;
type AnyShardedIndex = declared.ShardedIndex<readonly string[], Record<string, 'json'>>;

ShardedClient satisfies new (
  ...args: ConstructorParameters<typeof declared.ShardedClient>
) => Omit<declared.ShardedClient, 'openIndex'> & {
  openIndex(target: AnyShardedTarget): AnyShardedIndex;
};

declare const made: {
  index: InstanceType<typeof Index>;
  shardedIndex: InstanceType<typeof ShardedIndex>;
  reply: InstanceType<typeof Reply>;
  handlerSocketError: InstanceType<typeof HandlerSocketError>;
  serverError: InstanceType<typeof ServerError>;
  executeError: InstanceType<typeof ExecuteError>;
  fanOutError: InstanceType<typeof FanOutError>;
};
made satisfies {
  index: AnyIndex;
  shardedIndex: AnyShardedIndex;
  reply: declared.Reply;
  handlerSocketError: declared.HandlerSocketError;
  serverError: declared.ServerError;
  executeError: declared.ExecuteError;
  fanOutError: declared.FanOutError;
};

({ Keyv5Store, KeyvStore }) satisfies typeof declaredKeyv;
