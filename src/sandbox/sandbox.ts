import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';

import { SandboxCaService } from '../acme-server/sandbox/sandbox-ca.service.js';
import { EnrollmentKeys } from '../devices/enrollment/enrollment-keys.js';
import { AdminToken } from '../operators/auth/admin-token.js';
import { APP_CONFIG, type AppConfig } from '../platform/config/app-config.js';
import { hostPort } from '../platform/config/read-config.js';
import { AgentProcess } from './agent-process.js';
import { DemoDevice } from './demo-device.js';
import { Narrator } from './narrator.js';

/** The story that the sandbox tells: demo devices enroll, get certificates and serve HTTPS with them. */
@Injectable()
export class Sandbox implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Sandbox.name);
  private readonly agent = new AgentProcess();
  private readonly narrator = new Narrator(process.stdout);
  private devices: DemoDevice[] = [];
  private stopping = false;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly enrollmentKeys: EnrollmentKeys,
    private readonly adminToken: AdminToken,
    private readonly ca: SandboxCaService,
  ) {}

  /** Resolves when every demo device serves HTTPS, or when the sandbox is stopped. Never rejects. */
  async tellStory(): Promise<void> {
    const { http, dns, dataDirectory, sandbox } = this.config;
    this.narrator.step(
      `Database:   PostgreSQL, ${this.config.database.url ? 'as configured' : `embedded, in ${join(dataDirectory, 'postgres')}`}`,
    );
    this.narrator.step(`DNS:        ${dns.zones.join(', ')} on ${dns.listen.map(hostPort).join(', ')} (UDP and TCP)`);
    this.narrator.step(`CA:         ${this.ca.running.directoryUrl}`);
    this.narrator.step(`  its own TLS is trusted by ${this.ca.running.files.tlsRoot}`);
    this.narrator.step(`  its certificates are trusted by ${this.ca.running.files.root}`);
    this.narrator.step(`API:        ${http.publicUrl}`);
    this.narrator.step(`Log:        ${join(dataDirectory, 'server.log')}`);
    this.devices = Array.from({ length: sandbox?.devices ?? 0 }, (_, index) => this.demoDevice(index + 1));
    try {
      const served = await Promise.all(this.devices.map((device) => this.bringUp(device)));
      await this.tellWhatToTry(served[0]);
    } catch (error) {
      if (!this.stopping) this.logger.error({ err: error }, 'the sandbox could not bring up its demo devices');
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.agent.stopAll();
    await Promise.all(this.devices.map((device) => device.stop()));
  }

  /**
   * Where this machine reaches the API. With HTTPS of its own FLEETCERT_PUBLIC_URL is a name in the zone, which nobody
   * here resolves.
   */
  private localUrl(): string {
    const { httpsListen, listen, publicUrl } = this.config.http;
    if (!httpsListen) return publicUrl;
    const address = listen.address === '0.0.0.0' ? '127.0.0.1' : listen.address === '::' ? '::1' : listen.address;
    return `http://${hostPort({ ...listen, address })}`;
  }

  private demoDevice(number: number): DemoDevice {
    const state = join(this.config.dataDirectory, 'demo-devices', `device-${number}`);
    return new DemoDevice(number, `127.0.0.${10 + number}`, state, this.agent, async (directory) =>
      (await readFile(join(directory, 'name'), 'utf8')).trim(),
    );
  }

  private async bringUp(
    device: DemoDevice,
  ): Promise<{ readonly name: string; readonly address: string; readonly port: number }> {
    if (!device.isEnrolled)
      this.narrator.step(`Device ${device.number}:   enrolls from ${device.address} and asks for a certificate`);
    const { name, port } = await device.bringUp({
      url: this.localUrl(),
      enrollmentKey: async () =>
        (await this.enrollmentKeys.create({ maxUses: 1, group: 'demo', note: 'sandbox demo device' })).key,
    });
    this.narrator.step(
      `Device ${device.number}:   ${name} holds a certificate and serves https://${name}:${port} on ${device.address}`,
    );
    return { name, address: device.address, port };
  }

  private async tellWhatToTry(
    device: { readonly name: string; readonly address: string; readonly port: number } | undefined,
  ): Promise<void> {
    const { dns, dataDirectory } = this.config;
    const url = this.localUrl();
    const keyFile = await this.enrollmentKeyFile(dataDirectory);
    const listen = dns.listen[0]!;
    const tokenFile = this.adminToken.path;
    this.narrator.tryNext([
      {
        what: `Look at the fleet in a browser. ${tokenFile ? `Sign in with what this file holds: ${tokenFile}` : 'Sign in with FLEETCERT_ADMIN_TOKEN.'}`,
        command: `${url}/`,
      },
      {
        what: 'The same for scripts:',
        command: `curl -H "Authorization: Bearer ${tokenFile ? `$(cat ${tokenFile})` : '$FLEETCERT_ADMIN_TOKEN'}" ${url}/v1/fleet`,
      },
      {
        what: 'Or in a terminal; npx fleetcert --help tells what else there is:',
        command: `FLEETCERT_URL=${url} FLEETCERT_TOKEN=${tokenFile ? `"$(cat ${tokenFile})"` : '"$FLEETCERT_ADMIN_TOKEN"'} npx fleetcert fleet status`,
      },
      ...(device
        ? [
            { what: 'Ask the DNS:', command: `dig @${listen.address} -p ${listen.port} ${device.name} A` },
            {
              what: "Visit a demo device, verified by the sandbox CA's root:",
              command: `curl --cacert ${this.ca.running.files.root} --resolve ${device.name}:${device.port}:${device.address} https://${device.name}:${device.port}/`,
            },
          ]
        : []),
      {
        what: 'Enroll this machine as a device of its own:',
        command: `curl -fsS ${url}/agent | sh -s -- enroll --server ${url} --key "$(cat ${keyFile})" --state ./my-device`,
      },
    ]);
    this.narrator.step('Ctrl-C stops all of it; the next start continues with the data kept here.');
  }

  /** A key for whoever tries the sandbox, in a file: the console's history should not hold credentials. */
  private async enrollmentKeyFile(directory: string): Promise<string> {
    const path = join(directory, 'sandbox-enrollment-key');
    const kept = await readFile(path, 'utf8').catch(() => '');
    const isUsable = await this.enrollmentKeys.findUsable(kept.trim()).then(
      () => true,
      () => false,
    );
    if (isUsable) return path;
    const { key } = await this.enrollmentKeys.create({ group: 'sandbox', note: 'for trying the sandbox' });
    await mkdir(directory, { recursive: true });
    await writeFile(path, `${key}\n`, { mode: 0o600 });
    return path;
  }
}
