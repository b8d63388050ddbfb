/*
 * Describes an index: its columns and its key. There are two sources, with a class for each of the
 * two interfaces: the declarations of the caller of openIndex, and a schema from the database.
 */

import type { Bindable, FindOperator, Reply } from '../..';
import type { Rest } from '../schema/split-insert.js';
import type { KeyColumns } from './instances';
import type { Row } from './rows/row-maker.js';
import type { Type } from './rows/types.js';

/** Describes the columns of rows. */
export interface RowColumns {
  readonly names: readonly string[];
  /** Converts each column's values; null for text that is not converted. */
  readonly types: readonly (Type | null)[];
  /** Columns in which NULL is an error. */
  readonly notNull: ReadonlySet<string>;
  /** The reason, for the message of that error. */
  readonly notNullReason: string;
}

/** Maps named values to lists of values in the order of the columns. */
export interface Columns extends RowColumns {
  /** The values to insert. */
  toInsert(given: unknown, argument: string): NamedValues & { readonly rest?: Rest };
  /** The columns to change, in the index's order, and their values. */
  toUpdate(given: unknown, argument: string): NamedValues;
  /** The columns to increment, in the index's order, and the amounts. */
  toIncrement(given: unknown, argument: string): NamedValues;
  /** A filter's value. */
  toFilter(value: unknown, name: string, argument: string): Bindable;
}

export interface NamedValues {
  readonly names: readonly string[];
  readonly values: readonly unknown[];
}

/** Describes an index: its key columns and the operations that it allows. */
export interface IndexShape {
  /** Its columns, in its order; undefined if they are not known. */
  readonly names: readonly string[] | undefined;
  readonly keyColumns: KeyColumns;
  /** Matches rows with the keys that found them; null if the rows do not show their keys. */
  readonly matcher: RowMatcher | null;
  /** Where a scan over the whole index begins. */
  readonly begin: Begin;
  /** Whether generated ids are returned as numbers. */
  readonly idIsNumber: boolean;
  /**
   * Orders two rows as the index does, by their values in its columns; null if the values do not
   * determine the order.
   */
  readonly order: ((a: readonly unknown[], b: readonly unknown[]) => number) | null;
  /** Whether scans of it at several servers can be merged in its order. */
  readonly mergeIsExact: boolean;
  /**
   * Converts a key part for the hash of a ring, so that equal parts have the same hash, however
   * they are written; null if the part is hashed as it is given.
   */
  readonly hashedPart:
    | ((part: unknown, position: number, argument: string) => string | Uint8Array)
    | null;
  /**
   * The parts of a key as they are sent. An IN list replaces the part at `replaced`, which is
   * neither checked nor sent.
   */
  keyParts(key: unknown, argument: string, replaced?: number): readonly unknown[];
  /** Reads an IN list, and which part of a key it replaces. */
  readList(given: unknown, partCount: number): { position: number; values: readonly Bindable[] };
  /** Whether a key finds one row at most. */
  findsOneRow(op: string, parts: readonly unknown[]): boolean;
  /**
   * Refuses keys that may find several rows. Without a schema that is unknown, so all are accepted.
   */
  checkOneRow(parts: readonly unknown[], argument: string): void;
  /** Refuses a find that HandlerSocket does wrong on this table. */
  checkFind(op: FindOperator, partCount: number): void;
  /** Refuses a write that HandlerSocket does wrong on this table. */
  checkWrite(kind: WriteKind, op: FindOperator, partCount: number, names?: readonly string[]): void;
}

export type WriteKind = 'update' | 'increment' | 'decrement' | 'delete';

export interface Begin {
  /** As it is sent. */
  readonly key: readonly unknown[];
  /** Whether the key is known to come first. If not, rows may be on both sides of it. */
  readonly isFirst: boolean;
}

/** Matches the rows of an IN list with its values. */
export interface RowMatcher {
  /** The keys as they are sent, one part each; null if rows would not show all of them. */
  partsOf(keys: readonly unknown[]): Bindable[] | null;
  /** Whether a row of a reply belongs to a part. */
  matchesOf(reply: Reply, rows: readonly Row[]): (ordinal: number, part: unknown) => boolean;
}
