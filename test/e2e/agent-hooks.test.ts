import { chmodSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { type AgentApi, DEVICE_NAME, problem } from '../support/agent-api.js';
import type { AgentDevice } from '../support/agent-device.js';
import { AGENT, execute, linesOf } from '../support/agent-shell.js';
import { eachWithCertificate } from '../support/agent-template.js';

const DAY = 86_400_000;

let api: AgentApi;
let device: AgentDevice;
let serial: string;
eachWithCertificate((given) => ({ api, device, serial } = given));

describe('deploy hooks', () => {
  it('run once for each new certificate, and learn where it is', async () => {
    const log = device.addHook('deploy.d', '10-nginx');
    await device.run();
    expect(linesOf(log)).toEqual([]);
    api.letRenew();
    await device.run();
    expect(linesOf(log)).toEqual([`|${DEVICE_NAME}|${device.path('live')}|`]);
    await device.run();
    expect(linesOf(log)).toHaveLength(1);
  });

  it('find the new files in place, and standard input empty', async () => {
    const seen = join(device.folder, 'seen');
    device.addHook('deploy.d', 'copy', `cat - "$FLEETCERT_LIVE/cert.pem" >"${seen}"`);
    api.letRenew();
    await device.run();
    expect(linesOf(seen).join('\n')).toBe(device.read('live', 'cert.pem').trimEnd());
  });

  it('make files with the rights that are usual for who called', async () => {
    const made = join(device.folder, 'made');
    device.addHook('deploy.d', 'make', `umask >"${made}"`);
    api.letRenew();
    const script = `umask 027; exec "${AGENT}" run --state "${device.state}"`;
    expect((await execute(device.shell, ['/bin/sh', '-c', script])).exitCode).toBe(0);
    expect(linesOf(made)).toEqual(['0027']);
  });

  it('that cannot be executed are none', async () => {
    const log = device.addHook('deploy.d', 'README');
    chmodSync(device.path('deploy.d', 'README'), 0o644);
    api.letRenew();
    expect((await device.run()).exitCode).toBe(0);
    expect(linesOf(log)).toEqual([]);
  });

  it('that fail are named, fail the run, and alone run again until they succeed', async () => {
    const good = device.addHook('deploy.d', '10-good');
    const bad = device.addHook('deploy.d', '20-bad', `test -e "${device.folder}/mended"`);
    api.letRenew();
    const { exitCode, lastLine, stderr } = await device.run();
    expect(stderr).toContain('20-bad failed with exit code 1');
    expect(lastLine).toBe('failed, and will be tried again: deploy.d 20-bad');
    expect(exitCode).toBe(1);
    expect(device.serial()).not.toBe(serial);
    expect((await device.status()).result).toMatchObject({ exitCode: 1, lastLine: expect.stringContaining('20-bad') });
    expect((await device.run()).exitCode).toBe(1);
    writeFileSync(join(device.folder, 'mended'), '');
    expect((await device.run()).exitCode).toBe(0);
    expect(linesOf(good)).toHaveLength(1);
    expect(linesOf(bad)).toHaveLength(3);
    expect((await device.status()).result.exitCode).toBe(0);
  });

  it('that hang are ended', async () => {
    device.addHook('deploy.d', 'stuck', 'sleep 60');
    api.letRenew();
    const began = Date.now();
    const { exitCode, stderr } = await device.agent(['run'], { environment: { FLEETCERT_HOOK_SECONDS: '1' } });
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(stderr).toMatch(/stuck failed with exit code (124|143)/);
    expect(exitCode).toBe(1);
  });

  it('can be one command line, given at enrollment', async () => {
    const seen = join(device.folder, 'seen');
    await device.enroll(
      '--no-run',
      '--reload-cmd',
      `test "$FLEETCERT_NAME" && echo "it's \\"done\\" = ok" >>'${seen}'`,
    );
    api.letRenew();
    expect((await device.run()).exitCode).toBe(0);
    expect(linesOf(seen)).toEqual([`it's "done" = ok`]);
  });

  it('that a kill kept from running are run by the next run', async () => {
    const log = device.addHook('deploy.d', 'hook');
    writeFileSync(device.path('due.deploy'), 'all\n');
    expect((await device.run()).exitCode).toBe(0);
    expect(linesOf(log)).toHaveLength(1);
    expect(device.has('due.deploy')).toBe(false);
  });
});

describe('alarm hooks', () => {
  const raised = (reason: string): string => `raised|${DEVICE_NAME}|${device.path('live')}|${reason}`;
  const resolved = (reason: string): string => raised(reason).replace('raised', 'resolved');
  let log: string;
  beforeEach(() => {
    log = device.addHook('alarm.d', 'mail');
  });

  it('run once when issuing begins to fail, and once when it is over', async () => {
    api.letRenew();
    api.orderStatus = { status: 'failed', reason: 'CAA forbids it' };
    await device.run();
    await device.runNow();
    await device.run();
    expect(linesOf(log)).toEqual([raised('the order failed: CAA forbids it')]);
    const failing = await device.status();
    expect(failing.result.exitCode).toBe(1);
    expect(failing.json).toMatchObject({
      health: 'failing',
      alarm: { since: expect.stringMatching(/^20/), reason: 'the order failed: CAA forbids it' },
    });
    api.orderStatus = { status: 'queued' };
    await device.runNow();
    expect(linesOf(log)).toHaveLength(1);
    api.orderStatus = { status: 'issued' };
    await device.runNow();
    await device.run();
    const reason = 'the order failed: CAA forbids it';
    expect(linesOf(log)).toEqual([raised(reason), resolved(reason)]);
    expect((await device.status()).result.exitCode).toBe(0);
  });

  it('tell the reason of today in status, without another alarm', async () => {
    api.letRenew();
    api.orderStatus = { status: 'failed', reason: 'first' };
    await device.run();
    api.orderStatus = { status: 'failed', reason: 'second' };
    await device.runNow();
    expect(linesOf(log)).toHaveLength(1);
    expect((await device.status()).json).toMatchObject({ alarm: { reason: 'the order failed: second' } });
  });

  it('that fail are run again', async () => {
    const bad = device.addHook('alarm.d', 'sms', `test -e "${device.folder}/mended"`);
    api.letRenew();
    api.orderStatus = { status: 'failed', reason: 'no' };
    await device.run();
    writeFileSync(join(device.folder, 'mended'), '');
    await device.run();
    await device.run();
    expect(linesOf(bad)).toEqual([raised('the order failed: no'), raised('the order failed: no')]);
    expect(linesOf(log)).toHaveLength(1);
  });

  it('run when the device is refused', async () => {
    api.script('GET /v1/device', problem(401, 'unauthorized', 'The device was deleted.'));
    await device.run();
    expect(linesOf(log)).toEqual([raised('refused: The device was deleted. (unauthorized)')]);
  });

  it('run when a deploy hook fails', async () => {
    device.addHook('deploy.d', 'bad', 'exit 3');
    api.letRenew();
    await device.run();
    expect(linesOf(log)).toEqual([raised('failed, and will be tried again: deploy.d bad')]);
  });

  it('do not run for a server that is away while no certificate is needed', async () => {
    api.script('GET /v1/device', { status: 503, body: 'x' });
    for (let run = 0; run < 4; run++) await device.runNow();
    expect(linesOf(log)).toEqual([]);
  });

  it('run for temporary trouble when it lasts', async () => {
    api.letRenew();
    api.orderStatus = { status: 'deferred', reason: 'The CA is down' };
    await device.runNow();
    await device.runNow();
    expect(linesOf(log)).toEqual([]);
    expect((await device.status()).result.exitCode).toBe(0);
    await device.runNow();
    expect(linesOf(log)).toEqual([raised('waiting: the order is deferred: The CA is down')]);
  });

  it('run for temporary trouble at once where there is no certificate', async () => {
    rmSync(device.path('live'));
    api.script('POST /v1/device/orders', { status: 503, body: 'x' });
    api.script('GET /v1/device/certificate', problem(404, 'no_certificate', 'None.'));
    api.letRenew();
    const { exitCode } = await device.runNow();
    expect(exitCode).not.toBe(0);
    expect(linesOf(log)).toHaveLength(1);
  });

  it('run when a renewal waits in the queue until little time is left', async () => {
    api.letRenew();
    api.orderStatus = { status: 'queued', reason: 'Behind others' };
    await device.runNow();
    expect(linesOf(log)).toEqual([]);
    // The certificate lives 90 days, one of which is over.
    api.offsetMilliseconds = 76 * DAY;
    await device.runNow();
    expect(linesOf(log)).toHaveLength(1);
    expect(linesOf(log)[0]).toContain("less than a sixth of the certificate's life is left");
  });
});

describe('--install-days-before', () => {
  let log: string;
  /** Renewed 60 days on, when 29 of the old certificate's days are left. */
  beforeEach(async () => {
    log = device.addHook('deploy.d', 'hook');
    await device.enroll('--no-run', '--install-days-before', '10');
    api.offsetMilliseconds = 60 * DAY;
    api.letRenew();
    const { exitCode, lastLine } = await device.run();
    expect(lastLine).toMatch(/^the renewed certificate is held back until 20/);
    expect(exitCode).toBe(0);
  });

  it('keeps the renewed certificate back, with its key, and orders no other', async () => {
    expect(device.serial()).toBe(serial);
    expect(device.serial('pending-install')).toBe(api.certificate?.serialNumber);
    expect(linesOf(log)).toEqual([]);
    expect((await device.run()).lastLine).toMatch(/nothing to do: .*; its successor is held back$/);
    expect(api.orderCount).toBe(2);
    expect((await device.status()).json).toMatchObject({ health: 'ok', heldBack: true });
  });

  it('installs it when that many days are left of the old one', async () => {
    api.offsetMilliseconds = 80 * DAY;
    expect((await device.run()).exitCode).toBe(0);
    expect(device.serial()).toBe(api.certificate?.serialNumber);
    expect(device.has('pending-install')).toBe(false);
    expect(linesOf(log)).toHaveLength(1);
    expect(api.orderCount).toBe(2);
  });

  it('installs it at once where the old one is damaged, also without the server', async () => {
    truncateSync(device.path('live', 'privkey.pem'), 10);
    api.script('GET /v1/device', { status: 503, body: 'x' });
    await device.run();
    expect(device.serial()).toBe(api.certificate?.serialNumber);
    expect(linesOf(log)).toHaveLength(1);
  });

  it('makes room for a later one', async () => {
    api.letRenew();
    await device.run();
    expect(device.serial()).toBe(serial);
    expect(device.serial('pending-install')).toBe(api.certificate?.serialNumber);
    expect(api.orderCount).toBe(3);
  });

  it('drops one that is of no use, and the server has it still', async () => {
    truncateSync(device.path('pending-install', 'chain.pem'), 100);
    const { stderr, exitCode } = await device.run();
    expect(stderr).toContain('the certificate that was held back is of no use');
    expect(exitCode).toBe(0);
    expect(device.serial('pending-install')).toBe(api.certificate?.serialNumber);
    expect(api.orderCount).toBe(2);
  });

  it('orders another in time where that one is lost with its key', async () => {
    rmSync(device.path('pending-install'), { recursive: true });
    const { stderr, exitCode } = await device.run();
    expect(stderr).toContain('is for a key that is not here');
    expect(exitCode).toBe(0);
    // 29 of 90 days were left: the last third.
    expect(device.serial('pending-install')).toBe(api.certificate?.serialNumber);
    expect(api.orderCount).toBe(3);
  });

  it('ends with `now`', async () => {
    expect((await device.enroll('--install-days-before', 'now')).exitCode).toBe(0);
    expect(device.serial()).toBe(api.certificate?.serialNumber);
  });
});
