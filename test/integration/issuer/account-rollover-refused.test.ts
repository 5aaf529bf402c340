import { randomBytes, randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AccountKeys, type KeyedAccount, spkiSha256 } from '../../../src/issuer/accounts/account-keys.js';
import { KeyRollover } from '../../../src/issuer/accounts/key-rollover.js';
import { RolloverProbe } from '../../../src/issuer/accounts/rollover-probe.js';
import { generateAccountKey } from '../../../src/issuer/acme/account-key.js';
import { AcmeConnections } from '../../../src/issuer/acme/acme-connections.js';
import { SystemClock } from '../../../src/kernel/clock.js';
import { SecretBox } from '../../../src/platform/security/secret-box.js';
import { withDatabase } from '../../support/database.js';
import { type ScriptedAnswer, type ScriptedCa, startScriptedCa } from '../../support/scripted-ca.js';

const database = withDatabase();
const box = new SecretBox(randomBytes(32));
const clock = new SystemClock();
let ca: ScriptedCa;
let connections: AcmeConnections;
let keys: AccountKeys;
let id: string;
let oldKey: string;

const problem = (status: number, type: string): ScriptedAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: `urn:ietf:params:acme:error:${type}`, detail: 'as the test says' },
});
const NO_ACCOUNT = problem(400, 'accountDoesNotExist');

beforeAll(async () => {
  Logger.overrideLogger(false);
  ca = await startScriptedCa();
});
afterAll(() => ca.stop());

beforeEach(async () => {
  ca.reset();
  connections = new AcmeConnections(clock, { caFile: ca.caFile });
  keys = new AccountKeys(database.dataSource, box, clock, connections);
  id = randomUUID();
  oldKey = generateAccountKey();
  await database.dataSource.query('DELETE FROM acme_accounts');
  await database.dataSource.query(
    `INSERT INTO acme_accounts (id, directory_url, key_sealed, key_spki_sha256, account_url, created_at, registered_at)
       VALUES ($1, $2, $3, $4, $5, now(), now())`,
    [id, ca.directoryUrl, box.seal(oldKey), spkiSha256(oldKey), `${ca.baseUrl}/account/1`],
  );
});
afterEach(() => connections.close());

const rollOver = (): Promise<void> => new KeyRollover(keys, new RolloverProbe(), connections).rollOver(id);

describe("a change of an account's key that the CA does not make", () => {
  it('leaves the old key alone, when the CA knows no account of the new one', async () => {
    ca.on('/key-change', problem(403, 'unauthorized'));
    ca.on('/new-account', NO_ACCOUNT);
    await expect(rollOver()).rejects.toMatchObject({ name: 'AcmeProblemError', status: 403 });
    expect(await keys.byId(id)).toMatchObject({ key: { pem: oldKey } });
    expect((await keys.byId(id))!.next).toBeUndefined();
  });

  it.each<[string, () => void]>([
    ['the directory cannot be had', () => ca.on('/dir', problem(403, 'unauthorized'))],
    ['the CA has trouble', () => ca.on('/key-change', problem(500, 'serverInternal'))],
    ['the CA wants fewer requests', () => ca.on('/key-change', problem(429, 'rateLimited'))],
    ['the answer is lost', () => ca.on('/key-change', { fault: 'drop' })],
    [
      'the CA refuses, and to say whether it knows the key as well',
      () => {
        ca.on('/key-change', problem(400, 'malformed'));
        ca.on('/new-account', problem(403, 'unauthorized'));
      },
    ],
    [
      'the CA refuses, and knows the key under another URL',
      () => {
        ca.on('/key-change', problem(409, 'malformed'));
        ca.on('/new-account', { headers: { location: `${ca.baseUrl}/account/one` }, body: { status: 'valid' } });
      },
    ],
  ])('keeps both keys when %s: which of them counts is open', async (_what, script) => {
    script();
    await expect(rollOver()).rejects.toBeInstanceOf(Error);
    const account = await keys.byId(id);
    expect(account?.key.pem).toBe(oldKey);
    expect(account?.next).toBeDefined();
  });

  it('is a conflict for a call whose key was that of another one, which the CA has refused', async () => {
    const readNow = keys.byId.bind(keys);
    let reads = 0;
    keys.byId = async (account) => {
      reads += 1;
      if (reads === 2) await keys.dropNext((await readNow(account))!);
      return readNow(account);
    };
    await expect(rollOver()).rejects.toMatchObject({ code: 'conflict' });
    expect(ca.seen).toEqual([]);
  });
});

describe("a change of an account's key that the CA has made", () => {
  it('is done for a server that lost the answer, when another one has finished it meanwhile', async () => {
    ca.on('/key-change', { fault: 'drop' });
    const readNow = keys.byId.bind(keys);
    const reads: (KeyedAccount | undefined)[] = [];
    keys.byId = async (account) => {
      if (reads.length === 2) await keys.promote(reads[1]!);
      reads.push(await readNow(account));
      return reads.at(-1);
    };
    await rollOver();
    expect(reads).toHaveLength(3);
    expect((await readNow(id))!.key).toEqual(reads[1]!.next);
  });

  it('is kept when another server, whom the CA refused, has dropped the new key meanwhile', async () => {
    await keys.prepareNext(id);
    const begun = (await keys.byId(id))!;
    await keys.dropNext(begun);
    await keys.promote(begun);
    const after = (await keys.byId(id))!;
    expect(after.key).toEqual(begun.next);
    expect(after.next).toBeUndefined();
  });

  it('is kept beside the key that yet another server has made since', async () => {
    await keys.prepareNext(id);
    const begun = (await keys.byId(id))!;
    await keys.dropNext(begun);
    await keys.prepareNext(id);
    const third = (await keys.byId(id))!.next!;
    await keys.promote(begun);
    expect(await keys.byId(id)).toMatchObject({ key: begun.next, next: third });
  });

  it('is not undone by a server that comes late with the key before', async () => {
    await keys.prepareNext(id);
    const first = (await keys.byId(id))!;
    await keys.promote(first);
    await keys.prepareNext(id);
    const second = (await keys.byId(id))!;
    await keys.promote(second);
    await keys.promote(first);
    const after = (await keys.byId(id))!;
    expect(after.key).toEqual(second.next);
    expect(after.next).toBeUndefined();
  });
});
