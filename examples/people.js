'use strict';

/* The demo's table, and the rows in it: made from their ids, so that what comes back can be checked. */

const CREATE_TABLE = `
  CREATE DATABASE demo;
  CREATE TABLE demo.person (
    id INT PRIMARY KEY, name VARCHAR(40), mail VARCHAR(60), city VARCHAR(40), points INT
  ) CHARACTER SET utf8mb4`;

const PERSON = {
  database: 'demo',
  table: 'person',
  columns: ['id', 'name', 'mail', 'city', 'points'],
};

const CITIES = ['Zürich', 'Oslo', '東京', 'São Paulo', 'Nairobi', 'Toronto', 'Łódź'];

/** @param {number} id */
function person(id) {
  return [id, `Person ${id}`, `p${id}@example.org`, CITIES[id % CITIES.length], points(id)];
}

/** What a find gives. @param {number} id */
function personAsText(id) {
  return person(id).map(String);
}

/** @param {number} id */
function points(id) {
  return (id * 7_919) % 1_000;
}

/** What the ring hashes. @param {number} id */
function keyOf(id) {
  return `person:${id}`;
}

module.exports = { CREATE_TABLE, PERSON, keyOf, person, personAsText, points };
