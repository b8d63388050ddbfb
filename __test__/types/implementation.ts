/** lib/ does what index.d.ts says: each class is taken here for the declared one. */

import type * as declared from 'hansock';
import { Batch } from '../../lib/batch.js';
import { Client } from '../../lib/client/client.js';
import type { Index } from '../../lib/client/table-index.js';
import { Connection } from '../../lib/connection.js';
import type { ExecuteError, HandlerSocketError, ServerError } from '../../lib/errors.js';
import { Executor } from '../../lib/executor.js';
import { Ketama } from '../../lib/ketama.js';
import type { Reply } from '../../lib/reply.js';

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

declare const made: {
  index: InstanceType<typeof Index>;
  reply: InstanceType<typeof Reply>;
  handlerSocketError: InstanceType<typeof HandlerSocketError>;
  serverError: InstanceType<typeof ServerError>;
  executeError: InstanceType<typeof ExecuteError>;
};
made satisfies {
  index: AnyIndex;
  reply: declared.Reply;
  handlerSocketError: declared.HandlerSocketError;
  serverError: declared.ServerError;
  executeError: declared.ExecuteError;
};
