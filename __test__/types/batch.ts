import { Batch, type Bindable, type HandlerSocketError, type Reply } from 'hansock';
import { exactly } from './exactly.js';

const batch = new Batch()
  .write('P\t0\tt\tt\tPRIMARY\ta\n')
  .write(new Uint8Array(1))
  .write(Buffer.from('\n'))
  .writeDecimal(1)
  .writeDecimal(1n)
  .auth('secret')
  .openIndex(0, { database: 'd', table: 't', columns: ['a'] })
  .openIndex(0, { database: 'd', table: 't', index: 'k', columns: ['a'], filterColumns: ['b'] })
  .find(0, '=', [1])
  .find(0, '>=', ['a', 1, 1n, true, null, new Uint8Array(1)], { limit: 10, offset: 5 })
  .find(0, '=', [1], { in: { position: 0, values: [1, 2] } })
  .find(0, '<', [1], { filters: [{ column: 0, op: '!=', value: null }] })
  .find(0, '<=', [1], { filters: [{ type: 'while', column: 0, op: '=', value: 'x' }] })
  .insert(0, [1, null])
  .update(0, '=', [1], ['x'], { returning: true, limit: 2 })
  .increment(0, '=', [1], [1])
  .decrement(0, '=', [1], [1], {})
  .delete(0, '=', [1])
  .clear();

exactly<Batch>()(batch);
exactly<number>()(batch.commandCount);
exactly<number>()(batch.byteLength);
exactly<readonly Reply[]>()(batch.replies);
exactly<HandlerSocketError | null>()(batch.error);
for (const reply of batch) exactly<Reply>()(reply);

const columns = ['id', 'name'] as const;
const key: readonly Bindable[] = [1];
batch.openIndex(0, { database: 'd', table: 't', columns }).find(0, '=', key);

class Audited extends Batch {}
exactly<Audited>()(new Audited().find(0, '=', [1]));

// @ts-expect-error: a table is needed
batch.openIndex(0, { database: 'd', columns: ['a'] });
// @ts-expect-error: columns are a list
batch.openIndex(0, { database: 'd', table: 't', columns: 'a,b' });
// @ts-expect-error: index ids are numbers
batch.find('0', '=', [1]);
// @ts-expect-error: '==' is not an operator
batch.find(0, '==', [1]);
// @ts-expect-error: '!=' is for filters
batch.find(0, '!=', [1]);
// @ts-expect-error: a key is a list
batch.find(0, '=', 1);
// @ts-expect-error: undefined cannot be sent
batch.find(0, '=', [undefined]);
// @ts-expect-error: a Date has no single text form
batch.insert(0, [new Date()]);
// @ts-expect-error: plain objects cannot be sent
batch.insert(0, [{}]);
// @ts-expect-error: a limit is a number
batch.find(0, '=', [1], { limit: '1' });
// @ts-expect-error: only modifications return the rows as they were
batch.find(0, '=', [1], { returning: true });
// @ts-expect-error: at the low level, filter columns are positions
batch.find(0, '=', [1], { filters: [{ column: 'a', op: '=', value: 1 }] });
// @ts-expect-error: LIKE is not an operator
batch.find(0, '=', [1], { filters: [{ column: 0, op: 'LIKE', value: 1 }] });
// @ts-expect-error: an IN list needs its position
batch.find(0, '=', [1], { in: { values: [1] } });
// @ts-expect-error: values are needed
batch.update(0, '=', [1]);
// @ts-expect-error: delete takes no values
batch.delete(0, '=', [1], ['x']);
// @ts-expect-error: text is not a number
batch.writeDecimal('1');
// @ts-expect-error: the property is read-only
batch.commandCount = 1;
// @ts-expect-error: replies are read-only
batch.replies.push();
