import type { Connection, PoolClient, Submittable } from 'pg';
import { prepareValue } from 'pg/lib/utils.js';

import { columnTypes } from './column-types.js';
import { sqlState } from './sql-state.js';

export interface Statement {
  /** PostgreSQL parses a statement with a name once a connection; the name has to stand for one text. */
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface StatementAnswer {
  /** As PostgreSQL tags it: `SELECT`, `UPDATE`, `COMMIT` … */
  readonly command: string;
  /** How many rows it returned or changed. */
  readonly rowCount: number;
  readonly rows: Record<string, unknown>[];
}

type Column = readonly [name: string, parse: (text: string) => unknown];

/** A value as it is bound: text, octets or NULL. */
type BoundValue = string | Buffer | null;

interface PreparedValues extends Statement {
  readonly values: readonly BoundValue[];
}

interface FieldDescription {
  readonly name: string;
  readonly dataTypeID: number;
}

/** `SELECT 5`, `INSERT 0 5`, `START TRANSACTION` (PostgreSQL manual, Message Formats, CommandComplete). */
const COMMAND_TAG = /^([A-Z ]*[A-Z])(?: 0)?(?: (\d+))?$/;

/** A prepared statement is not there, or PostgreSQL does not execute it any more, because its columns have become others. */
const STALE_STATEMENT = new Set(['26000', '0A000']);

/** What a connection knows of a statement. */
interface KnownStatement {
  readonly text: string;
  /** Of its rows; empty while PostgreSQL has not described them, and where there are none. */
  columns: readonly Column[];
}

/** The prepared statements of each connection, by their names. */
const knownStatements = new WeakMap<Connection, Map<string, KnownStatement>>();

/**
 * Sends the statements in one system call, and PostgreSQL answers in one as well, unless the answers are long: each
 * statement of `pg` ends with a Sync, where PostgreSQL sends what it has and wakes the caller, who often finds one
 * answer of several. They run in order. Where one fails, those behind it are not executed, and outside of a transaction
 * those before it are undone.
 * @returns one answer a statement, in order.
 * @throws what made one of them fail, or cannot be sent: then none was. Rows that cannot be read make it throw as well,
 * though all has been executed.
 */
export function sendBatch(client: PoolClient, statements: readonly Statement[]): Promise<StatementAnswer[]> {
  return new Promise((resolve, reject) => {
    const prepared = statements.map((statement) => ({
      ...statement,
      values: statement.values.map((value) => prepareValue(value)),
    }));
    client.query(new StatementBatch(prepared, resolve, reject));
  });
}

/** Several statements with one Sync (PostgreSQL manual, Message Flow, Pipelining). `pg` passes all answers here. */
class StatementBatch implements Submittable {
  readonly #statements: readonly PreparedValues[];
  readonly #resolve: (answers: StatementAnswer[]) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #answers: StatementAnswer[] = [];
  /** One a statement that was sent, in order. */
  readonly #sent: KnownStatement[] = [];
  /** The names of those that PostgreSQL is to parse first. */
  readonly #fresh = new Set<string>();
  #known: Map<string, KnownStatement> = new Map();
  #rows: Record<string, unknown>[] = [];
  #unreadable: { readonly error: unknown } | undefined;

  constructor(
    statements: readonly PreparedValues[],
    resolve: (answers: StatementAnswer[]) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#statements = statements;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @returns what makes it impossible to send any of them: then none was sent. */
  submit(connection: Connection): Error | undefined {
    this.#known = knownStatements.get(connection) ?? new Map<string, KnownStatement>();
    knownStatements.set(connection, this.#known);
    const fresh = new Map<string, KnownStatement>();
    for (const { name = '', text } of this.#statements) {
      const known = name === '' ? undefined : (this.#known.get(name) ?? fresh.get(name));
      if (known && known.text !== text) return new Error(`The name ${name} stands for another statement already.`);
      const statement = known ?? { text, columns: [] };
      if (!known) {
        fresh.set(name, statement);
        this.#fresh.add(name);
      }
      this.#sent.push(statement);
    }
    connection.stream.cork();
    this.#statements.forEach(({ name = '', text, values }) => {
      const isFresh = fresh.delete(name) || name === '';
      if (isFresh) {
        // A batch that failed may have left it behind, prepared.
        if (name !== '') connection.close({ type: 'S', name }, true);
        connection.parse({ name, text, types: [] }, true);
      }
      connection.bind({ statement: name, values: [...values] }, true);
      // Later they are known: PostgreSQL refuses to execute a statement once its columns are others.
      if (isFresh) connection.describe({ type: 'P' }, true);
      connection.execute(null, true);
    });
    connection.sync();
    connection.stream.uncork();
    return undefined;
  }

  handleRowDescription({ fields }: { readonly fields: readonly FieldDescription[] }): void {
    this.#sent[this.#answers.length]!.columns = fields.map(({ name, dataTypeID }) => [
      name,
      columnTypes.getTypeParser(dataTypeID, 'text'),
    ]);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#unreadable) return;
    const { columns } = this.#sent[this.#answers.length]!;
    try {
      this.#rows.push(readRow(columns, fields));
    } catch (error) {
      // Not here, where it would end the process; and the answers behind it have to be read all the same.
      this.#unreadable = { error };
    }
  }

  handleCommandComplete({ text: tag }: { readonly text: string }): void {
    const { name } = this.#statements[this.#answers.length]!;
    if (name !== undefined) this.#known.set(name, this.#sent[this.#answers.length]!);
    const [, command = tag, count = 0] = COMMAND_TAG.exec(tag) ?? [];
    this.#answers.push({ command, rowCount: Number(count), rows: this.#rows });
    this.#rows = [];
  }

  handleEmptyQuery(): void {
    this.#answers.push({ command: '', rowCount: 0, rows: [] });
  }

  handleError(error: unknown): void {
    // Whether PostgreSQL has those that it was to parse is open: the next time they are closed and parsed again. The others
    // outlive a failed transaction, unless they are what failed.
    const isStale = STALE_STATEMENT.has(sqlState(error) ?? '');
    for (const { name } of this.#statements) {
      if (name !== undefined && (isStale || this.#fresh.has(name))) this.#known.delete(name);
    }
    this.#reject(error);
  }

  /** Not called after an error. */
  handleReadyForQuery(): void {
    if (this.#unreadable) this.#reject(this.#unreadable.error);
    else this.#resolve(this.#answers);
  }
}

function readRow(columns: readonly Column[], fields: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  columns.forEach(([name, parse], index) => {
    const text = fields[index] ?? null;
    row[name] = text === null ? null : parse(text);
  });
  return row;
}
