import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SystemClock } from '../../../../src/kernel/clock.js';
import type { AcmeStore } from '../../../../src/acme-server/ports/acme-store.js';
import {
  SandboxCa,
  type RunningSandboxCa,
  type SandboxCaSettings,
} from '../../../../src/acme-server/sandbox/sandbox-ca.js';
import { MemoryAcmeStore } from '../../../../src/acme-server/store/memory/memory-acme-store.js';
import { ScriptedDns } from './scripted-dns.js';

/** A sandbox CA on real sockets, a name server for `fleet.test`, and a way for hooks to put TXT records into it. */
export class RunningSandbox {
  private constructor(
    /** What the CA has reported as an error. */
    readonly errors: readonly unknown[],
    readonly ca: SandboxCa,
    readonly running: RunningSandboxCa,
    readonly dns: ScriptedDns,
    /** Understands lego's httpreq: POST /present and /cleanup with `{fqdn, value}`. */
    readonly hookUrl: string,
    readonly directory: string,
    readonly store: AcmeStore,
    private readonly hooks: Server,
  ) {}

  static async start(
    options: SandboxCaSettings = {},
    store: AcmeStore = new MemoryAcmeStore(),
  ): Promise<RunningSandbox> {
    const directory = await mkdtemp(join(tmpdir(), 'fleetcert-sandbox-'));
    const dns = await ScriptedDns.start('fleet.test');
    const hooks = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { fqdn, value } = JSON.parse(body) as { fqdn: string; value: string };
        const name = fqdn.replace(/\.$/, '');
        if (request.url === '/present') dns.addTxt(name, value);
        else dns.removeTxt(name, value);
        response.end();
      });
    });
    await new Promise<void>((resolve) => {
      hooks.listen(0, '127.0.0.1', resolve);
    });
    const errors: unknown[] = [];
    const ca = new SandboxCa(store, new SystemClock(), {
      info: () => undefined,
      error: (message, cause) => errors.push([message, cause]),
    });
    const running = await ca.start({
      listen: { address: '127.0.0.1', port: 0 },
      dataDirectory: join(directory, 'data'),
      dnsAddress: dns.address,
      zones: ['fleet.test'],
      options,
    });
    const hookUrl = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`;
    return new RunningSandbox(errors, ca, running, dns, hookUrl, directory, store, hooks);
  }

  async stop(): Promise<void> {
    await this.ca.stop();
    await this.dns.stop();
    await new Promise((resolve) => {
      this.hooks.close(resolve);
      this.hooks.closeAllConnections();
    });
    await rm(this.directory, { recursive: true, force: true });
  }
}
