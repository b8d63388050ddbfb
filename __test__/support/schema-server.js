'use strict';

const { useServer } = require('./server.js');
const { connectSql } = require('./sql-connections.js');

/** One real server with an empty database `t`, for the tests of a describe. */
function useSchemaServer() {
  const server = useServer({ sql: 'CREATE DATABASE t' });
  return {
    /**
     * Connects by SQL and to both ports, until the test ends.
     * @param {import('node:test').TestContext} context
     */
    async connect(context) {
      const [reader, writer] = [server.reader(), server.writer()];
      context.after(() => {
        reader.close();
        writer.close();
      });
      const sql = await connectSql(context, server.running);
      const [[version]] = await sql.query({ sql: 'SELECT version()', rowsAsArray: true });
      return { sql, reader, writer, version };
    },
  };
}

module.exports = { useSchemaServer };
