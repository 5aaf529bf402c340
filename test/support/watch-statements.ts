import { Connection } from 'pg';
import { vi } from 'vitest';

/**
 * Watches the statements that go to PostgreSQL and the answers that come, on the connection of a transaction.
 * @param onStatement is called with the name of each as it is sent.
 */
export function watchStatements(onStatement: (what: string) => void = () => undefined) {
  const events: { readonly connection: unknown; readonly what: string }[] = [];
  const watched = new Map<Connection, () => void>();
  const bind = Connection.prototype.bind as (...parameters: unknown[]) => unknown;
  const spy = vi.spyOn(Connection.prototype, 'bind').mockImplementation(function (this: Connection, ...parameters) {
    if (!watched.has(this)) {
      const answered = (): void => void events.push({ connection: this, what: 'answer' });
      watched.set(this, answered);
      this.on('readyForQuery', answered);
    }
    const what = parameters[0]?.statement || 'without a name';
    events.push({ connection: this, what });
    onStatement(what);
    return Reflect.apply(bind, this, parameters);
  });
  const fromTransaction = (): readonly string[] => {
    const begin = events.findIndex(({ what }) => what === 'begin');
    const { connection } = events[begin]!;
    return events
      .slice(begin)
      .filter((event) => event.connection === connection)
      .map(({ what }) => what);
  };
  return {
    restore: () => {
      spy.mockRestore();
      for (const [connection, answered] of watched) connection.off('readyForQuery', answered);
    },
    /** The names of all statements, on every connection. */
    all: () => events.map(({ what }) => what).filter((what) => what !== 'answer'),
    /** From the start of the first transaction, on its connection: the statements, and each time that they were answered. */
    fromTransaction,
    /** The same up to the answer to its commit; the connection may be somebody else's after it. */
    ofTransaction: () => {
      const whats = fromTransaction();
      return whats.slice(0, whats.indexOf('answer', whats.indexOf('commit')) + 1);
    },
  };
}
