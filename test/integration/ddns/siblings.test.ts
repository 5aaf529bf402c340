import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, expect, it, vi } from 'vitest';

import { ChallengeRecords } from '../../../src/ddns/publishing/challenge-records.js';
import { PRESENCE_SECONDS } from '../../../src/ddns/siblings/served-report.js';
import { SiblingGate } from '../../../src/ddns/siblings/sibling-gate.js';
import { withDatabase } from '../../support/database.js';
import { ask } from './ask.js';
import { startDdns, ZONE, type DdnsServer, type DdnsServerOptions } from './ddns-server.js';

const database = withDatabase();
const servers: DdnsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await database.dataSource.query('DELETE FROM dns_servers');
});

async function start(options: DdnsServerOptions = {}): Promise<DdnsServer> {
  const server = await startDdns(database.url, options);
  servers.push(server);
  return server;
}

async function publish(server: DdnsServer): Promise<{ name: string; value: string }> {
  const challenge = { name: `_acme-challenge.k2v7.${ZONE}`, value: randomUUID(), orderId: randomUUID() };
  await server.get(ChallengeRecords).publish(challenge);
  return challenge;
}

/** A server keeps its zone as it is until it is let go. */
function holdBack({ served }: DdnsServer): { readonly isHolding: Promise<void>; release(): void } {
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const catchUp = served.catchUp.bind(served);
  vi.spyOn(served, 'catchUp').mockImplementation(async (zone) => {
    held.resolve();
    await released.promise;
    await catchUp(zone);
  });
  return { isHolding: held.promise, release: released.resolve };
}

async function texts(server: DdnsServer, name: string): Promise<string[]> {
  return (await ask(server.port, name, 'TXT')).answers;
}

/** Another server as the others know it. */
async function aServerRow(secondsAgo: number, serials: object): Promise<void> {
  await database.dataSource.query(
    `INSERT INTO dns_servers (id, name, serials, seen_at)
     VALUES ($1, 'gone:1', $2, now() - $3 * interval '1 second')`,
    [randomUUID(), serials, secondsAgo],
  );
}

it('a challenge is confirmed only when the other servers on the database answer with it', async () => {
  const [one, two] = [await start(), await start()];
  const slow = holdBack(two);
  const { name, value } = await publish(one);
  let isConfirmed = false;
  const confirming = one
    .get(ChallengeRecords)
    .confirmServed(name, value)
    .then(() => (isConfirmed = true));
  await slow.isHolding;
  await sleep(700);
  expect((await texts(two, name)).join()).not.toContain(value);
  expect(isConfirmed).toBe(false);
  slow.release();
  await confirming;
  expect((await texts(two, name)).join()).toContain(value);
});

it('a server that hears no notifications is waited for until it has looked by itself', async () => {
  const [one, deaf] = [await start(), await start({ isDeaf: true })];
  const { name, value } = await publish(one);
  await one.get(ChallengeRecords).confirmServed(name, value);
  expect((await texts(deaf, name)).join()).toContain(value);
});

it('a server that is gone without a word holds nobody up once its presence is over', async () => {
  const one = await start();
  await aServerRow(PRESENCE_SECONDS - 2, { [ZONE]: 1 });
  const { name, value } = await publish(one);
  await one.get(ChallengeRecords).confirmServed(name, value);
  const [row] = await database.dataSource.query<{ seconds: number }[]>(
    `SELECT extract(epoch FROM now() - seen_at)::float AS seconds FROM dns_servers WHERE name = 'gone:1'`,
  );
  expect(row!.seconds).toBeGreaterThanOrEqual(PRESENCE_SECONDS);
});

it('servers of other zones, and those that were stopped, are not waited for', async () => {
  const [one, two] = [await start(), await start()];
  await aServerRow(0, { 'other.test': 1 });
  await two.stop();
  servers.splice(1);
  const serial = one.served.zone(ZONE)!.serial! + 1000;
  expect(await one.get(SiblingGate).waitForSerial(ZONE, serial, 0)).toEqual([]);
});

it('a server that does not come to the serial in time is named', async () => {
  const one = await start();
  await aServerRow(0, { [ZONE]: 1 });
  const serial = one.served.zone(ZONE)!.serial!;
  expect(await one.get(SiblingGate).waitForSerial(ZONE, serial, 50)).toEqual(['gone:1']);
});
