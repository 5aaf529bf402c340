import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { DataSource } from 'typeorm';

const DAY_MILLISECONDS = 86_400_000;

export interface StoredOrder {
  readonly status?: 'queued' | 'deferred' | 'issued' | 'failed';
  readonly reasonCode?: string;
  readonly reason?: string;
}

/** An order as it stands in the database. @returns its id */
export async function storeOrder(
  dataSource: DataSource,
  deviceId: string,
  { status = 'issued', reasonCode, reason }: StoredOrder = {},
): Promise<string> {
  const id = randomUUID();
  const isOver = status === 'issued' || status === 'failed';
  await dataSource.query(
    `INSERT INTO issuance_orders (id, device_id, csr_der, csr_sha256, spki_sha256, names, status, reason_code, reason, step,
                                  step_at, queued_at, next_attempt_at, created_at, updated_at, ended_at)
     VALUES ($1, $2, '\\x00', $7, $7, '{a.fleet.test}', $3, $4, $5, 'queued', now(), now(), now() + interval '1 day',
             clock_timestamp(), now(), CASE WHEN $6 THEN now() END)`,
    [id, deviceId, status, reasonCode ?? null, reason ?? null, isOver, id],
  );
  return id;
}

/** A certificate of 60 days of which so many are left. @returns its id */
export async function storeCertificate(dataSource: DataSource, deviceId: string, daysLeft: number): Promise<string> {
  const orderId = await storeOrder(dataSource, deviceId);
  await dataSource.query(
    `INSERT INTO acme_accounts (id, directory_url, key_sealed, key_spki_sha256, created_at)
     VALUES ($1, 'https://ca.test/directory', 'sealed', 'hash', now()) ON CONFLICT DO NOTHING`,
    [randomUUID()],
  );
  const id = randomUUID();
  const notAfter = new Date(Date.now() + daysLeft * DAY_MILLISECONDS);
  await dataSource.query(
    `INSERT INTO certificates (id, device_id, order_id, account_id, pem, serial, sha256, spki_sha256, names, not_before,
                               not_after, renew_at, created_at)
     SELECT $1, $2, $3, (SELECT id FROM acme_accounts WHERE key_spki_sha256 = 'hash'), $4, $6, $6, $6, '{a.fleet.test}',
            $5::timestamptz - interval '60 days', $5, $5::timestamptz - interval '20 days', clock_timestamp()`,
    [id, deviceId, orderId, `-----BEGIN CERTIFICATE-----\n${id}\n-----END CERTIFICATE-----\n`, notAfter, id],
  );
  return id;
}

export interface ReceivedPost {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly posts: ReceivedPost[];
  /** What the next posts are answered with; 200 when none is left. */
  readonly statuses: number[];
  stop(): Promise<void>;
}

/** An operator's own system, which takes webhooks. */
export async function startReceiver(): Promise<Receiver> {
  const posts: ReceivedPost[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      posts.push({ headers: request.headers, body });
      const status = statuses.shift() ?? 200;
      response.writeHead(status, status === 302 ? { Location: '/elsewhere' } : {}).end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    posts,
    statuses,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
