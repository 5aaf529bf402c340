import { EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';

/**
 * A process that does what a server does with its embedded database, for tests that kill it:
 * `node --import ./scripts/ts-hook.mjs test/support/embedded-postgres-process.ts DATA_DIRECTORY`. Each line of its
 * output is a JSON object: `{"event":"ready","url","pid"}`, `{"event":"log","message"}`, `{"event":"stopped"}`,
 * `{"event":"refused","message"}`. SIGTERM and SIGINT stop it after a drain of DRAIN_MILLISECONDS; with
 * EXIT_UNCLEANLY=1 the process then leaves without stopping PostgreSQL.
 */
const [dataDirectory = ''] = process.argv.slice(2);
const drainMilliseconds = Number(process.env['DRAIN_MILLISECONDS'] ?? 0);

function tell(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const log = (message: string): void => tell({ event: 'log', message });

try {
  const server = await EmbeddedPostgres.start({ dataDirectory, logger: { log, warn: log, debug: () => undefined } });
  const stop = (): void => {
    if (process.env['EXIT_UNCLEANLY'] === '1') process.exit(3);
    tell({ event: 'draining' });
    setTimeout(() => void server.stop().then(() => tell({ event: 'stopped' })), drainMilliseconds);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  tell({ event: 'ready', url: server.url, pid: server.pid });
} catch (error) {
  tell({ event: 'refused', message: (error as Error).message });
  process.exitCode = 1;
}
