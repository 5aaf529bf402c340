import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { AgentApi } from '../support/agent-api.js';
import { AgentDevice } from '../support/agent-device.js';
import { recordPowerCuts } from '../support/agent-power-cuts.js';
import { linesOf } from '../support/agent-shell.js';
import { eachWithCertificate } from '../support/agent-template.js';

const SETTLED = ['alarm.d', 'config', 'deploy.d', 'live', 'name', 'previous', 'status', 'token'];

let api: AgentApi;
let template: AgentDevice;
let device: AgentDevice;
eachWithCertificate((given) => ({ api, template, device } = given), '--install-days-before', '10');

/** The serial number of the live pair, which has to be whole and to fit together. */
function wholeSerial(on: AgentDevice): string | undefined {
  const key = createPublicKey(createPrivateKey(on.read('live', 'privkey.pem')));
  const { publicKey } = new X509Certificate(on.read('live', 'cert.pem'));
  expect(publicKey.equals(key)).toBe(true);
  return on.serial();
}

/** Every step of a run: what has to be right after a power cut there. */
async function eachStep(
  on: AgentDevice,
  argv: readonly string[],
  check: (step: number) => Promise<void>,
): Promise<number> {
  const recorded = await recordPowerCuts(on, api, argv, { FLEETCERT_ENROLLMENT_KEY: 'fck_x' });
  try {
    expect(recorded.exitCode).toBe(0);
    for (const { step, restore } of recorded.cuts) {
      restore();
      await check(step);
    }
    return recorded.steps;
  } finally {
    recorded.remove();
  }
}

describe('killed at any step', { timeout: 300_000 }, () => {
  it('a renewal keeps a whole pair, and the next run brings it to its end with one order', async () => {
    const on = device;
    // The old pair has few enough days left to be replaced at once.
    api.offsetMilliseconds = 82 * 86_400_000;
    api.letRenew();
    on.addHook('deploy.d', 'hook');
    const steps = await eachStep(on, ['run', '--rotate-token'], async (step) => {
      const before = wholeSerial(on);
      expect([template.serial(), api.certificate?.serialNumber]).toContain(before);
      const { exitCode, stderr } = await on.runNow();
      expect({ step, exitCode, stderr }).toEqual({ step, exitCode: 0, stderr: expect.any(String) });
      expect(wholeSerial(on)).toBe(api.certificate?.serialNumber);
      expect(on.serial('previous')).toBe(template.serial());
      expect({ step, orders: api.orderCount }).toEqual({ step, orders: 2 });
      expect(linesOf(`${on.folder}/hook.log`).length).toBeGreaterThan(0);
      expect(on.entries()).toEqual(SETTLED);
    });
    // A renewal has at least this many: the key, the CSR, the order, the chain, the switch.
    expect(steps).toBeGreaterThan(30);
  });

  it('an installation of a certificate that was held back ends with it in place', async () => {
    const on = device;
    api.offsetMilliseconds = 60 * 86_400_000;
    api.letRenew();
    expect((await on.run()).exitCode).toBe(0);
    const successor = on.serial('pending-install');
    api.offsetMilliseconds = 82 * 86_400_000;
    const steps = await eachStep(on, ['run'], async (step) => {
      expect([template.serial(), successor]).toContain(wholeSerial(on));
      expect((await on.runNow()).exitCode).toBe(0);
      expect({ step, serial: wholeSerial(on) }).toEqual({ step, serial: successor });
      expect(api.orderCount).toBe(2);
      expect(on.entries()).toEqual(SETTLED);
    });
    expect(steps).toBeGreaterThan(15);
  });

  it('an enrollment is made once, and completed by the next', async () => {
    const on = new AgentDevice(api.url);
    onTestFinished(() => on.remove());
    const argv = ['enroll', '--server', api.url, '--address', '10.1.1.4', '--no-run'];
    const steps = await eachStep(on, argv, async (step) => {
      const { exitCode } = await on.enroll('--no-run');
      expect({ step, exitCode }).toEqual({ step, exitCode: 0 });
      expect(on.read('token').trim()).toBe(api.tokens[0]);
      expect(api.calls().filter((call) => call === 'POST /v1/enroll')).toHaveLength(1);
      expect(on.entries().filter((name) => !name.startsWith('status'))).toEqual([
        'alarm.d',
        'config',
        'deploy.d',
        'name',
        'token',
      ]);
    });
    expect(steps).toBeGreaterThan(10);
  });
});
