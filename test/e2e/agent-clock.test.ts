import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { AgentApi } from '../support/agent-api.js';
import type { AgentDevice } from '../support/agent-device.js';
import { addProgram, type Result } from '../support/agent-shell.js';
import { eachWithCertificate } from '../support/agent-template.js';

const DAY = 86_400_000;

describe('a clock that is wrong', () => {
  let api: AgentApi;
  let device: AgentDevice;
  eachWithCertificate((given) => ({ api, device } = given));

  /** Runs the agent on a device whose `date` tells this time. */
  const at = (time: string, ...argv: string[]): Promise<Result> => {
    const folder = join(device.folder, 'clock');
    addProgram(folder, 'date', `[ "$*" = +%s ] && echo ${Math.floor(Date.parse(time) / 1000)}`);
    return device.agent(argv, { before: folder });
  };
  /** After a reboot, the uptime tells nothing of the time. */
  const reboot = (): void => {
    const status = readFileSync(device.path('status'), 'utf8');
    writeFileSync(device.path('status'), status.replace(/^server_boot=.*$/m, 'server_boot=before'));
  };

  it.each([
    ['1970-01-01T00:01:00Z', /this device's clock is \d+ days behind; validity is judged by the server's time/],
    ['2031-05-01T00:00:00Z', /this device's clock is \d+ days ahead; validity is judged by the server's time/],
  ])('(%s) does not keep a renewal from working, and is told', async (time, told) => {
    reboot();
    api.letRenew();
    const { exitCode, stderr } = await at(time, 'run');
    expect(stderr).toMatch(told);
    expect(exitCode).toBe(0);
    expect(device.serial()).toBe(api.certificate?.serialNumber);
    expect(api.orderCount).toBe(2);
    expect((await device.status()).json['clock']).toMatch(/^this device's clock is \d+ days/);
  });

  it('a little is not worth a word', async () => {
    const { stderr } = await at(new Date(Date.now() + 60_000).toISOString(), 'run');
    expect(stderr).not.toContain('clock');
  });

  it("judges by the server's time what is not valid by the device's", async () => {
    api.offsetMilliseconds = 4000 * DAY;
    const { exitCode, stderr } = await device.run();
    expect(stderr).toContain('of the installed files: the certificate expired');
    expect(exitCode).toBe(0);
    expect(device.serial()).toBe(api.certificate?.serialNumber);
  });

  it('is corrected by the uptime between contacts, and by what the server last said after a reboot', async () => {
    await at('2031-05-01T00:00:00Z', 'run');
    expect(await at('2031-05-01T00:01:00Z', 'status')).toMatchObject({ exitCode: 0 });
    expect(await at('1970-01-01T00:01:00Z', 'status')).toMatchObject({ exitCode: 0 });
    reboot();
    expect(await at('1970-01-01T00:01:00Z', 'status')).toMatchObject({ exitCode: 0 });
    // Nothing contradicts this clock.
    expect(await at('2031-05-01T00:01:00Z', 'status')).toMatchObject({
      exitCode: 1,
      lastLine: expect.stringContaining('the certificate expired'),
    });
  });

  it('that has moved by decades does not stretch a wait', async () => {
    reboot();
    api.script('GET /v1/device', { status: 503, body: 'x' });
    await at('2071-05-01T00:00:00Z', 'run');
    api.unscript();
    expect(await at(new Date().toISOString(), 'run')).toMatchObject({ exitCode: 0 });
  });
});
