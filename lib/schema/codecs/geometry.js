'use strict';

/*
 * Checks whether bytes are a geometry as the server stores it. The server looks only at the first
 * bytes, so an error after them would appear only when somebody reads the shape.
 */

const SRID_SIZE = 4;
const LITTLE_ENDIAN = 1;
const POINT_SIZE = 16;
const LARGEST_DEPTH = 100;

/** The types by their numbers in WKB. */
const KINDS = [
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
];

/** The type of the parts, for types with several parts. */
const PARTS = new Map([
  [4, 1],
  [5, 2],
  [6, 3],
]);

/**
 * @param {Buffer} bytes
 * @param {string} type  of the column
 */
function isGeometry(bytes, type) {
  const kind = KINDS.indexOf(type);
  return endOfShape(bytes, SRID_SIZE, kind, 0) === bytes.length;
}

/**
 * The position after a shape; NaN if it is invalid.
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} expected  the number of its type, 0 for any
 * @param {number} depth
 * @returns {number}
 */
function endOfShape(bytes, start, expected, depth) {
  const body = start + 5;
  if (body > bytes.length || bytes[start] !== LITTLE_ENDIAN || depth > LARGEST_DEPTH) return NaN;
  const kind = bytes.readUInt32LE(start + 1);
  if (kind < 1 || kind >= KINDS.length || (expected !== 0 && kind !== expected)) return NaN;
  switch (kind) {
    case 1:
      return endOfPoints(bytes, body, 1);
    case 2:
      return endOfLine(bytes, body, 2);
    case 3:
      return endOfList(bytes, body, (from) => endOfRing(bytes, from));
    default: {
      const part = PARTS.get(kind) ?? 0;
      return endOfList(bytes, body, (from) => endOfShape(bytes, from, part, depth + 1));
    }
  }
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @param {(from: number) => number} endOfItem
 */
function endOfList(bytes, start, endOfItem) {
  if (start + 4 > bytes.length) return NaN;
  const count = bytes.readUInt32LE(start);
  let end = start + 4;
  for (let i = 0; i < count && !Number.isNaN(end); i++) end = endOfItem(end);
  return end;
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} least  the fewest points that it may have
 */
function endOfLine(bytes, start, least) {
  if (start + 4 > bytes.length) return NaN;
  const count = bytes.readUInt32LE(start);
  return count < least ? NaN : endOfPoints(bytes, start + 4, count);
}

/**
 * A ring ends at its first point.
 * @param {Buffer} bytes
 * @param {number} start
 */
function endOfRing(bytes, start) {
  const end = endOfLine(bytes, start, 4);
  if (Number.isNaN(end)) return NaN;
  const first = bytes.subarray(start + 4, start + 4 + POINT_SIZE);
  return first.equals(bytes.subarray(end - POINT_SIZE, end)) ? end : NaN;
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} count
 */
function endOfPoints(bytes, start, count) {
  const end = start + count * POINT_SIZE;
  if (end > bytes.length) return NaN;
  for (let i = start; i < end; i += 8) if (!Number.isFinite(bytes.readDoubleLE(i))) return NaN;
  return end;
}

module.exports = { isGeometry };
