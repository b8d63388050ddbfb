// Does what a user's own module does.
import hansock, {
  Batch,
  Connection,
  ExecuteError,
  Executor,
  HandlerSocketError,
  Ketama,
  ServerError,
} from 'hansock';
import { Keyv5Store, KeyvStore } from 'hansock/keyv';
import { readTable } from 'hansock/schema';
import { startServer } from 'hansock/testing';

export const named = {
  Batch,
  Connection,
  ExecuteError,
  Executor,
  HandlerSocketError,
  Ketama,
  ServerError,
};
export const keyv = { Keyv5Store, KeyvStore };
export { hansock as whole, readTable, startServer };

export async function execute(address) {
  const batch = new Batch().write('hello\n');
  const [[reply]] = await new Executor().add(new Connection(address), batch).execute();
  return reply.values;
}
