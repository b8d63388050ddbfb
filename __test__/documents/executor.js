'use strict';

const { EventEmitter } = require('node:events');

module.exports = {
  servers: [['db1'], ['db2']],
  sql: `CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(50));
    INSERT INTO item VALUES (42, 'Tea'), (43, 'Mate')`,
  programs: {
    Executor: {
      given: () => ({ request: new EventEmitter() }),
      prints: "0 [ [ '42', 'Tea' ] ]\n1 [ [ '43', 'Mate' ] ]\n",
      after: async ({ assert }) => {
        assert.deepEqual(repliesOfFirst[0].rows, [['42', 'Tea']]);
        assert.deepEqual(repliesOfSecond[0].rows, [['43', 'Mate']]);
        assert.deepEqual(replies[0].rows, [['42', 'Tea']]);
        request.emit('close');
        assert.equal(controller.signal.aborted, true);
      },
    },
  },
};
