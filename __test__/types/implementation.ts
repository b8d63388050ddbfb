/** lib/ does what index.d.ts says: each class is taken here for the declared one. */

import type * as declared from 'hansock';
import { Batch } from '../../lib/batch.js';
import { Connection } from '../../lib/connection.js';
import type { ExecuteError, HandlerSocketError, ServerError } from '../../lib/errors.js';
import { Executor } from '../../lib/executor.js';
import { Ketama } from '../../lib/ketama.js';
import type { Reply } from '../../lib/reply.js';

({ Batch, Connection, Executor, Ketama }) satisfies Pick<
  typeof declared,
  'Batch' | 'Connection' | 'Executor' | 'Ketama'
>;

declare const made: {
  reply: InstanceType<typeof Reply>;
  handlerSocketError: InstanceType<typeof HandlerSocketError>;
  serverError: InstanceType<typeof ServerError>;
  executeError: InstanceType<typeof ExecuteError>;
};
made satisfies {
  reply: declared.Reply;
  handlerSocketError: declared.HandlerSocketError;
  serverError: declared.ServerError;
  executeError: declared.ExecuteError;
};
