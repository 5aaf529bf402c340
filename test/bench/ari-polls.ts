import { setTimeout as sleep } from 'node:timers/promises';

import { DataSource } from 'typeorm';

import type { AcmeCa } from '../../src/issuer/acme/acme-ca.js';
import type { CaAccounts } from '../../src/issuer/accounts/ca-accounts.js';
import { CaList } from '../../src/issuer/accounts/ca-list.js';
import { RenewalInfoPolls } from '../../src/issuer/upkeep/renewal-info-polls.js';
import { SystemClock } from '../../src/kernel/clock.js';
import type { AcmeConfig } from '../../src/platform/config/app-config.js';
import { dataSourceOptions } from '../../src/platform/database/data-source-options.js';
import { migrateDatabase } from '../../src/platform/database/migrate-database.js';
import { rounded, type Bench } from './support/bench.js';
import { fillDevices, onDatabase, startBenchDatabase } from './support/bench-database.js';

const CERTIFICATES = 100_000;
const RETRY_AFTER_SECONDS = 6 * 3600;
const ROUND_SECONDS = 15;
/** From a server to the CA and back. */
const LATENCIES_MILLISECONDS = [5, 100, 500] as const;
const ACCOUNT = '00000000-0000-4000-8000-000000000001';
const LIST = new CaList({ acme: { directoryUrl: 'https://ca.test/directory' } as AcmeConfig });
const SILENT = { log: (): void => {}, warn: (): void => {} };

/** All certificates are due at once, as after an outage of the CA. */
function fillCertificates(url: string): Promise<unknown> {
  return onDatabase(url, async (client) => {
    await client.query(
      `INSERT INTO acme_accounts (id, directory_url, key_sealed, key_spki_sha256, account_url, created_at, registered_at)
         VALUES ($1, 'https://ca.test/directory', '', '', 'https://ca.test/acct/1', now(), now())`,
      [ACCOUNT],
    );
    await client.query(
      `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, step, step_at, queued_at,
                                    next_attempt_at, created_at, updated_at, ended_at)
         SELECT id, id, '\\x00', id::text, id::text, ARRAY[name], 'issued', 'certificate-stored', now(), now(), now(), now(), now(), now()
           FROM devices`,
    );
    await client.query(
      `INSERT INTO certificates (id, device_id, order_id, account_id, pem, serial, sha256, spki_sha256, names, not_before, not_after,
                                 ari_cert_id, renew_at, created_at, ari_poll_at)
         SELECT id, id, id, $1, repeat('x', 4000), id::text, id::text, id::text, ARRAY[name], now(), now() + interval '45 days',
                id::text, now() + interval '30 days', now(), now() FROM devices`,
      [ACCOUNT],
    );
    await client.query('ANALYZE certificates');
  });
}

/** Answers after a while, and counts what comes in a second. */
class SlowCa {
  asked = 0;
  mostInASecond = 0;
  #recent: number[] = [];

  constructor(private readonly latencyMilliseconds: number) {}

  get accounts(): CaAccounts {
    const start = new Date(Date.now() + 28 * 86_400_000);
    const window = { start, end: new Date(start.getTime() + 2 * 86_400_000), retryAfterSeconds: RETRY_AFTER_SECONDS };
    const ca = {
      directory: () => Promise.resolve({ supportsRenewalInfo: true }),
      renewalInfo: async () => {
        this.#count();
        await sleep(this.latencyMilliseconds);
        return window;
      },
    } as unknown as AcmeCa;
    return {
      registered: () => Promise.resolve({ id: ACCOUNT }),
      open: () => Promise.resolve({ ca }),
    } as unknown as CaAccounts;
  }

  #count(): void {
    const now = performance.now();
    this.asked += 1;
    this.#recent = [...this.#recent.filter((at) => at > now - 1000), now];
    this.mostInASecond = Math.max(this.mostInASecond, this.#recent.length);
  }
}

async function measure(dataSource: DataSource, latencyMilliseconds: number): Promise<readonly string[]> {
  await dataSource.query(`UPDATE certificates SET ari_poll_at = now()`);
  const ca = new SlowCa(latencyMilliseconds);
  const polls = new RenewalInfoPolls(dataSource, ca.accounts, LIST, new SystemClock());
  const begin = performance.now();
  await polls.poll();
  const seconds = (performance.now() - begin) / 1000;
  const needed = (CERTIFICATES / RETRY_AFTER_SECONDS) * ROUND_SECONDS;
  return [
    String(latencyMilliseconds),
    rounded(ca.asked / seconds),
    `${rounded((needed / ca.asked) * 100)} %`,
    rounded(((CERTIFICATES / ca.asked) * ROUND_SECONDS) / 60),
    String(ca.mostInASecond),
  ];
}

/** One round of the upkeep, in which every certificate is due: how much of a fleet's ARI polls a server carries. */
export const ariPolls: Bench = {
  name: 'ari-polls',
  title: `ARI polls of ${CERTIFICATES.toLocaleString('en')} certificates by one server (rounds of ${ROUND_SECONDS} s, Retry-After 6 h)`,
  async run() {
    const database = await startBenchDatabase();
    try {
      await migrateDatabase(database.url, SILENT);
      await fillDevices(database.url, CERTIFICATES);
      await fillCertificates(database.url);
      const dataSource = await new DataSource(dataSourceOptions({ url: database.url })).initialize();
      const rows: (readonly string[])[] = [];
      for (const latency of LATENCIES_MILLISECONDS) rows.push(await measure(dataSource, latency));
      await dataSource.destroy();
      return {
        columns: [
          'CA answers after ms',
          'polls a second in a round',
          'of a round, needed by the fleet',
          'minutes for all, when all are due at once',
          'most requests in a second',
        ],
        rows,
        note: "Let's Encrypt lets an address ask 1,000 times a second, 100 at once.",
      };
    } finally {
      await database.stop();
    }
  },
};
