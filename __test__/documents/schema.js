'use strict';

module.exports = {
  sql: `CREATE TABLE item (
      id INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY,
      name VARCHAR(50) NOT NULL CHECK (name <> ''),
      seen DATETIME NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
    ) COLLATE utf8mb4_general_ci;
    CREATE USER app IDENTIFIED BY 'sesame';
    GRANT SELECT, TRIGGER ON shop.item TO app`,
  programs: {
    'hansock/schema': {
      prints: "[ 'id int(10) unsigned', 'name varchar(50)', 'seen datetime' ]\n0\n",
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
