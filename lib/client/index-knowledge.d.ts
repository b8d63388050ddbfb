/*
 * What is known of an index: of its columns and of its key. There are two sources, each with a class for both: what the
 * caller of openIndex declares, and a schema, which is what the database says.
 */

import type { Bindable, FindOperator, FindOptions, Reply } from '../..';
import type { Rest } from '../schema/split-insert.js';
import type { KeyColumns } from './instances';
import type { Row } from './rows/row-maker.js';
import type { Type } from './rows/types.js';

/** What rows are made of. */
export interface RowColumns {
  readonly names: readonly string[];
  /** How each column's value is made of what came; null for text as it is. */
  readonly types: readonly (Type | null)[];
  /** Columns in which NULL is an error. */
  readonly notNull: ReadonlySet<string>;
  /** Why it is one, for that error. */
  readonly notNullReason: string;
}

/** Maps what callers give by the columns' names to lists of values to be sent. */
export interface Columns extends RowColumns {
  /** The values to insert. */
  toInsert(given: unknown, argument: string): NamedValues & { readonly rest?: Rest };
  /** The columns to change, in the index's order, and their values. */
  toUpdate(given: unknown, argument: string): NamedValues;
  /** The same with what is added to them. */
  toIncrement(given: unknown, argument: string): NamedValues;
  /** A filter's value. */
  toFilter(value: unknown, name: string, argument: string): Bindable;
}

export interface NamedValues {
  readonly names: readonly string[];
  readonly values: readonly unknown[];
}

/** Says what keys of the index are, and what may be asked of it. */
export interface IndexShape {
  /** Its columns, in its order; undefined if they are not known. */
  readonly names: readonly string[] | undefined;
  readonly keyColumns: KeyColumns;
  /** Finds which row of many belongs to which key; null where the rows do not show it. */
  readonly matcher: RowMatcher | null;
  /** Where a walk over the whole index begins. */
  readonly begin: Begin;
  /** Whether ids that the server makes up are given as numbers. */
  readonly idIsNumber: boolean;
  /** Compares the values of two rows in its columns as it orders them; null where they do not show it. */
  readonly order: ((a: readonly unknown[], b: readonly unknown[]) => number) | null;
  /** Whether walks over it at several servers can be merged in its order. */
  readonly mergeIsExact: boolean;
  /** What a ring hashes for a part of a key: the same for all ways to write it. null: the part as it is given. */
  readonly hashedPart:
    | ((part: unknown, position: number, argument: string) => string | Uint8Array)
    | null;
  /**
   * The parts of a key as they are sent. An IN list takes the place of the part at `replaced`, which is neither looked
   * at nor sent.
   */
  keyParts(key: unknown, argument: string, replaced?: number): readonly unknown[];
  /** Which part of a key an IN list takes the place of. */
  readList(given: unknown, partCount: number): { position: number; values: readonly Bindable[] };
  /** Whether a key finds one row at most. */
  findsOneRow(op: string, parts: readonly unknown[]): boolean;
  /** Refuses keys that may find several rows, where that is known. */
  checkOneRow(parts: readonly unknown[], argument: string): void;
  /** Refuses a find that goes wrong on this table. */
  checkFind(op: FindOperator, partCount: number): void;
  /** Refuses a write that goes wrong on this table. */
  checkWrite(
    kind: WriteKind,
    op: FindOperator,
    partCount: number,
    found: FindOptions,
    names?: readonly string[],
  ): void;
}

export type WriteKind = 'update' | 'increment' | 'decrement' | 'delete';

export interface Begin {
  /** As it is sent. */
  readonly key: readonly unknown[];
  /** Whether no row is before it. Where that is not known, each row is below it or not. */
  readonly isFirst: boolean;
}

/** Matches the rows of an IN list with its values. */
export interface RowMatcher {
  /** The keys as they are sent, one part each; null where some are such that rows do not show them. */
  partsOf(keys: readonly unknown[]): Bindable[] | null;
  /** Whether a row of a reply belongs to a part. */
  matchesOf(reply: Reply, rows: readonly Row[]): (ordinal: number, part: unknown) => boolean;
}
