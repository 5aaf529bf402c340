import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

import { AgentApi } from './agent-api.js';
import { AgentDevice } from './agent-device.js';

export interface DeviceWithCertificate {
  readonly api: AgentApi;
  /** The one that was enrolled; what the test changes is a copy. */
  readonly template: AgentDevice;
  readonly device: AgentDevice;
  /** Of its certificate, before the test. */
  readonly serial: string;
}

/**
 * For every test of the file or the `describe` that calls this: a device with a certificate and the scripted API that it
 * has it from, both as right after its first run. It is enrolled once, with these options, and then copied.
 *
 * @param give takes them at the beginning of every test
 */
export function eachWithCertificate(give: (given: DeviceWithCertificate) => void, ...options: string[]): void {
  let api: AgentApi;
  let template: AgentDevice;
  let restore: () => void;
  let device: AgentDevice;

  beforeAll(async () => {
    api = await AgentApi.start();
    template = await AgentDevice.withCertificate(api, ...options);
    restore = api.snapshot();
  });
  afterAll(async () => {
    template.remove();
    await api.stop();
  });
  beforeEach(() => {
    restore();
    device = template.copy();
    give({ api, template, device, serial: device.serial()! });
  });
  afterEach(() => device.remove());
}
