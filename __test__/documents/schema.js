'use strict';

module.exports = {
  sql: `CREATE USER app IDENTIFIED BY 'sesame';
    CREATE TABLE parcel (id INT AUTO_INCREMENT PRIMARY KEY, size ENUM('small', 'big') NOT NULL, weight DOUBLE);
    GRANT SELECT, TRIGGER ON shop.* TO app; GRANT PROCESS ON *.* TO app`,
  programs: {
    'A schema: an index that is safe': {
      prints: new RegExp(
        [
          "^.*column 'price' \\(decimal\\(9,2\\)\\) takes decimal numbers .*",
          '.*ON UPDATE CURRENT_TIMESTAMP does not happen: seen\\. .*',
        ].join('\n'),
      ),
      after: async ({ assert }) => {
        const row = { id: 1, name: 'Tea', price: '0.00', seen: null };
        assert.deepEqual(await items.get(insertId), row);
        await client.close();
        await sql.end();
      },
    },
    'A schema in the program': {},
    Drift: {
      after: async () => {
        await client.close();
        await sql.end();
      },
    },
    readTable: {
      prints:
        "[\n  'id int(10) unsigned',\n  'name varchar(50)',\n  'price decimal(9,2)',\n  'seen datetime'\n]\n0\n",
      after: async ({ assert }) => {
        assert.deepEqual(sameSchema, schema);
        await sql.end();
      },
    },
    'What it gives': {
      after: async ({ assert }) => {
        const { default: mysql } = await import('mysql2/promise');
        const { readTable } = await import('hansock/schema');
        const password = process.env.SQL_PASSWORD;
        const sql = await mysql.createConnection({ host: 'db1', user: 'app', password });
        const { server, ...table } = await readTable(sql, 'shop', 'item');
        await sql.end();
        const { server: shown, ...shownTable } = item;
        assert.deepEqual(table, shownTable);
        assert.deepEqual(Object.keys(server), Object.keys(shown));
      },
    },
  },
};
