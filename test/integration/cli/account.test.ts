import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';
import { fleetcert, type Finished } from './run.js';

describe('fleetcert account', () => {
  const database = withDatabase();
  let server: TestApp;
  let environment: Record<string, string>;

  beforeAll(async () => {
    server = await startApp(database.url);
    const { port } = server.app.getHttpServer().address() as AddressInfo;
    environment = { FLEETCERT_URL: `http://127.0.0.1:${port}`, FLEETCERT_TOKEN: ADMIN_TOKEN };
    for (let round = 0; round < 200; round += 1) {
      const { body } = await server.admin.get('/v1/accounts').expect(200);
      if (body.items[0]?.accountUrl) return;
      await sleep(100);
    }
  });
  afterAll(() => server.stop());

  const run = (...words: string[]): Promise<Finished> => fleetcert(['account', ...words], environment);
  const shown = async (...words: string[]): Promise<Record<string, unknown>[]> =>
    JSON.parse((await run('show', ...words, '--json')).out) as Record<string, unknown>[];

  it('shows the account with what its CA says of it', async () => {
    const [account] = await shown();
    const { code, out } = await run('show');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^URL +${account!['accountUrl'] as string}$`, 'm'));
    expect(out).toMatch(/^status +valid$/m);
    expect(out).toMatch(new RegExp(`^key \\(SHA-256\\) +${account!['keySha256'] as string}$`, 'm'));
    expect(out).toMatch(/^key changed +never$/m);
    expect(await run()).toEqual(await run('show'));
  });

  it('changes its key, and says that older backups hold the old one', async () => {
    const [before] = await shown();
    const { code, out, err } = await run('rollover');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('make a new one') as string });
    const [after] = await shown(before!['directoryUrl'] as string);
    expect(after).toMatchObject({ accountUrl: before!['accountUrl'], atCa: { status: 'valid' } });
    expect(after!['keySha256']).not.toBe(before!['keySha256']);
    expect(out).toContain(`new key: ${after!['keySha256'] as string} (was ${before!['keySha256'] as string})`);

    const again = await run('rollover', before!['id'] as string, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ id: before!['id'], rolloverPendingSince: null });
  });

  it('says which account there is not, and what it was given too much', async () => {
    expect(await run('show', 'nothing')).toMatchObject({ code: 1, err: 'There is no account nothing.\n' });
    expect(await run('rollover', 'nothing')).toMatchObject({ code: 1, err: 'There is no account nothing.\n' });
    expect((await run('rollover', 'a', 'b')).code).toBe(64);
  });

  it('leaves the key to administrators', async () => {
    const { body } = await server.admin.post('/v1/api-keys').send({ role: 'operator' }).expect(201);
    const environmentOf = { ...environment, FLEETCERT_TOKEN: body.key as string };
    expect((await fleetcert(['account', 'show'], environmentOf)).code).toBe(0);
    expect((await fleetcert(['account', 'rollover'], environmentOf)).code).toBe(77);
  });
});
