import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';

import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { AccountKeys, type KeyedAccount } from '../../../src/issuer/accounts/account-keys.js';
import { AccountOverview } from '../../../src/issuer/accounts/account-overview.js';
import { CaAccounts, type ConnectedAccount } from '../../../src/issuer/accounts/ca-accounts.js';
import { CaList } from '../../../src/issuer/accounts/ca-list.js';
import { KeyRollover } from '../../../src/issuer/accounts/key-rollover.js';
import type { RekeyedCa } from '../../../src/issuer/accounts/rekeyed-ca.js';
import { RekeyingConnector } from '../../../src/issuer/accounts/rekeying-connector.js';
import { ROLLOVER_STEPS, RolloverProbe } from '../../../src/issuer/accounts/rollover-probe.js';
import { AcmeAccounts } from '../../../src/issuer/acme/acme-accounts.js';
import { AcmeConnections } from '../../../src/issuer/acme/acme-connections.js';
import { SystemClock } from '../../../src/kernel/clock.js';
import type { AppConfig } from '../../../src/platform/config/app-config.js';
import { NotificationListener } from '../../../src/platform/database/notification-listener.js';
import { SecretBox } from '../../../src/platform/security/secret-box.js';
import { aCsr, anEcKey } from '../../support/csr-builder.js';
import { type TestDatabase, withDatabase } from '../../support/database.js';
import { startPebble } from '../../support/pebble.js';
import { describeWithPeers } from '../../support/peers.js';
import { startTxtServer } from '../../support/txt-server.js';
import { RunningSandbox } from '../acme-server/support/running-sandbox.js';

/** A real CA over the real protocol, and the TXT records that it looks for. */
interface RealCa {
  readonly directoryUrl: string;
  readonly caFile: string;
  addTxt(name: string, value: string): void;
  stop(): Promise<void>;
}

const SECRET_KEY = randomBytes(32);
const clock = new SystemClock();

/** What of a server has to do with accounts. */
class Server {
  readonly connections: AcmeConnections;
  readonly keys: AccountKeys;
  readonly accounts: CaAccounts;
  readonly overview: AccountOverview;
  readonly rollover: KeyRollover;
  readonly #connector: RekeyingConnector;
  readonly #notifications: NotificationListener;

  constructor(
    database: TestDatabase,
    private readonly ca: RealCa,
  ) {
    const { dataSource } = database;
    const { directoryUrl, caFile } = ca;
    const box = new SecretBox(SECRET_KEY);
    const config = { acme: { directoryUrl, caFile, limits: 'none' } } as unknown as AppConfig;
    this.connections = new AcmeConnections(clock, { caFile });
    this.keys = new AccountKeys(dataSource, box, clock, this.connections);
    this.#notifications = new NotificationListener(database.url);
    this.#connector = new RekeyingConnector(this.connections, this.keys, this.#notifications);
    this.accounts = new CaAccounts(dataSource, box, this.#connector, clock, new CaList(config));
    this.overview = new AccountOverview(dataSource, this.keys, this.connections);
    this.rollover = new KeyRollover(this.keys, new RolloverProbe(), this.connections);
  }

  /** Hears of changes from now on, as an application does that has started. */
  listen(): void {
    this.#connector.onApplicationBootstrap();
  }

  async account(): Promise<ConnectedAccount & { readonly ca: RekeyedCa }> {
    return (await this.accounts.ready()) as ConnectedAccount & { readonly ca: RekeyedCa };
  }

  /** One order up to the point where the CA would be told to look. */
  async begin(
    name: string,
  ): Promise<{ readonly challengeUrl: string; readonly authorizationUrl: string; readonly orderUrl: string }> {
    const { ca } = await this.account();
    const order = await ca.newOrder({ names: [name] });
    const authorizationUrl = order.authorizationUrls[0]!;
    const { dnsChallenge } = await ca.getAuthorization(authorizationUrl);
    this.ca.addTxt(`_acme-challenge.${name}`, dnsChallenge!.txtValue);
    return { challengeUrl: dnsChallenge!.url, authorizationUrl, orderUrl: order.url };
  }

  /** Takes an order to its end. */
  async finish(name: string, { challengeUrl, orderUrl }: { challengeUrl: string; orderUrl: string }): Promise<string> {
    const { ca } = await this.account();
    await ca.completeChallenge(challengeUrl);
    await expect.poll(async () => (await ca.getOrder(orderUrl)).status, { timeout: 15_000 }).toBe('ready');
    const csr = aCsr({ key: anEcKey(), altNames: { dns: [name] } });
    await ca.finalize((await ca.getOrder(orderUrl)).finalizeUrl, csr, orderUrl);
    await expect.poll(async () => (await ca.getOrder(orderUrl)).status, { timeout: 15_000 }).toBe('valid');
    const { pem } = await ca.downloadCertificate((await ca.getOrder(orderUrl)).certificateUrl!);
    return pem;
  }

  async issue(name: string): Promise<string> {
    return this.finish(name, await this.begin(name));
  }

  async stop(): Promise<void> {
    this.#connector.onModuleDestroy();
    await this.#notifications.stop();
    this.connections.close();
  }
}

function rolloverTests(start: () => Promise<RealCa>): void {
  const database = withDatabase();
  const servers: Server[] = [];
  let ca: RealCa;
  let count = 0;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    ca = await start();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });
  afterAll(() => ca.stop());

  function aServer(): Server {
    const server = new Server(database, ca);
    servers.push(server);
    return server;
  }

  const aName = (): string => `r${(count += 1)}.fleet.test`;

  it('gives the account a new key under its old URL; the old key is worth nothing then', async () => {
    const server = aServer();
    const { id, ca: account } = await server.account();
    const before = (await server.keys.byId(id))!;
    await server.rollover.rollOver(id);
    const after = (await server.keys.byId(id))!;
    expect(after.accountUrl).toBe(before.accountUrl);
    expect(after.key.spkiSha256).not.toBe(before.key.spkiSha256);
    expect(after.next).toBeUndefined();
    const atCa = new AcmeAccounts(server.connections);
    const find = (pem: string) => atCa.find({ directoryUrl: ca.directoryUrl, accountKeyPem: pem });
    expect(await find(before.key.pem)).toBeUndefined();
    expect((await find(after.key.pem))?.accountUrl).toBe(account.accountUrl);
    expect(await server.issue(aName())).toContain('BEGIN CERTIFICATE');
    const [listed] = await server.overview.list();
    expect(listed).toMatchObject({ id, keySha256: after.key.spkiSha256, rolloverPendingSince: null });
    expect(listed!.keyChangedAt).toBeInstanceOf(Date);
    expect(await server.overview.atCa(id)).toMatchObject({ status: 'valid' });
  });

  it('is heard of by another server at once, and by one that hears nothing at its next request', async () => {
    const [changing, hearing, deaf] = [aServer(), aServer(), aServer()];
    const { id } = await changing.account();
    const [{ ca: heard }, { ca: unheard }] = [await hearing.account(), await deaf.account()];
    hearing.listen();
    const before = heard.keySpkiSha256;
    await changing.rollover.rollOver(id);
    await expect.poll(() => heard.keySpkiSha256, { timeout: 10_000 }).not.toBe(before);
    expect(unheard.keySpkiSha256).toBe(before);
    expect(await deaf.issue(aName())).toContain('BEGIN CERTIFICATE');
    expect(unheard.keySpkiSha256).toBe(heard.keySpkiSha256);
    expect(await hearing.issue(aName())).toContain('BEGIN CERTIFICATE');
  });

  it('that two servers do at once leaves one key that both sign with', async () => {
    const [one, other] = [aServer(), aServer()];
    const { id } = await one.account();
    await other.account();
    await Promise.all([one.rollover.rollOver(id), other.rollover.rollOver(id), one.rollover.rollOver(id)]);
    expect((await one.keys.byId(id))!.next).toBeUndefined();
    expect(await one.issue(aName())).toContain('BEGIN CERTIFICATE');
    expect(await other.issue(aName())).toContain('BEGIN CERTIFICATE');
  });

  it('that others have finished, and followed by another one, is done for a server that comes late', async () => {
    const [late, faster] = [aServer(), aServer()];
    const { id } = await late.account();
    const readNow = late.keys.byId.bind(late.keys);
    let left: KeyedAccount | undefined;
    vi.spyOn(late.keys, 'byId')
      .mockImplementationOnce(readNow)
      .mockImplementationOnce(async () => {
        const read = await readNow(id);
        await faster.rollover.rollOver(id);
        await faster.rollover.rollOver(id);
        left = await readNow(id);
        return read;
      });
    await late.rollover.rollOver(id);
    expect(left).toBeDefined();
    expect(await readNow(id)).toEqual(left);
    expect(await late.issue(aName())).toContain('BEGIN CERTIFICATE');
  });

  it('lets an order that waits with the old TXT record begin its challenge anew, and go on', async () => {
    const server = aServer();
    const { id, ca: account } = await server.account();
    const name = aName();
    const begun = await server.begin(name);
    await server.rollover.rollOver(id);
    await expect(account.completeChallenge(begun.challengeUrl)).rejects.toMatchObject({
      name: 'AccountKeyChangedError',
      orderIsLost: false,
    });
    const { dnsChallenge, status } = await account.getAuthorization(begun.authorizationUrl);
    expect(status).toBe('pending');
    ca.addTxt(`_acme-challenge.${name}`, dnsChallenge!.txtValue);
    expect(await server.finish(name, begun)).toContain('BEGIN CERTIFICATE');
  });

  it('lets an order that is past its challenge go on', async () => {
    const server = aServer();
    const { id, ca: account } = await server.account();
    const name = aName();
    const { challengeUrl, orderUrl } = await server.begin(name);
    await account.completeChallenge(challengeUrl);
    await expect.poll(async () => (await account.getOrder(orderUrl)).status, { timeout: 15_000 }).toBe('ready');
    await server.rollover.rollOver(id);
    const csr = aCsr({ key: anEcKey(), altNames: { dns: [name] } });
    await account.finalize((await account.getOrder(orderUrl)).finalizeUrl, csr, orderUrl);
    await expect.poll(async () => (await account.getOrder(orderUrl)).status, { timeout: 15_000 }).toBe('valid');
  });

  it.each(ROLLOVER_STEPS)('that is killed right after "%s" loses nothing, and can be done again', async (step) => {
    const lived = aServer();
    const { id, ca: account } = await lived.account();
    await account.newOrder({ names: [aName()] });
    const { accountUrl } = account;

    const work = {
      url: database.url,
      secretKey: SECRET_KEY.toString('base64'),
      caFile: ca.caFile,
      accountId: id,
      step,
    };
    const child = spawn(
      process.execPath,
      ['--import', './scripts/ts-hook.mjs', 'test/support/rollover-process.ts', JSON.stringify(work)],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    const isPending = step === 'stored' || step === 'changed';
    expect((await lived.keys.byId(id))!.next !== undefined).toBe(isPending);

    // One that had the account open, and one that starts now.
    expect(await lived.issue(aName())).toContain('BEGIN CERTIFICATE');
    const fresh = aServer();
    expect(await fresh.issue(aName())).toContain('BEGIN CERTIFICATE');

    await fresh.rollover.rollOver(id);
    expect((await lived.keys.byId(id))!.next).toBeUndefined();
    expect(await lived.issue(aName())).toContain('BEGIN CERTIFICATE');
    const { ca: last } = await aServer().account();
    expect(last.accountUrl).toBe(accountUrl);
    await last.newOrder({ names: [aName()] });
  });
}

describe("a change of the account's key, at the sandbox CA", () => {
  rolloverTests(async () => {
    const sandbox = await RunningSandbox.start({ limits: 'off', requestRates: 'off' });
    const { directoryUrl, files } = sandbox.running;
    return {
      directoryUrl,
      caFile: files.tlsRoot,
      addTxt: (name, value) => sandbox.dns.addTxt(name, value),
      stop: () => sandbox.stop(),
    };
  });
});

describeWithPeers(['pebble'], "a change of the account's key, at Pebble", () => {
  rolloverTests(async () => {
    const dns = await startTxtServer();
    const pebble = await startPebble({ dnsServer: dns.address, authorizationReusePercent: 0 });
    return {
      directoryUrl: pebble.directoryUrl,
      caFile: pebble.caFile,
      addTxt: (name, value) => dns.add(name, value),
      stop: async () => {
        await pebble.stop();
        await dns.stop();
      },
    };
  });
});
