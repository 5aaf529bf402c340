import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';

import type { AgentProcess } from './agent-process.js';
import { DeviceHttps } from './device-https.js';

/** sysexits.h EX_TEMPFAIL: the agent is waiting for something, try later. */
const WAITING = 75;
const ROUND_SECONDS = 60;
const RETRY_SECONDS = 2;

/** What a demo device needs to enroll. */
export interface DemoServer {
  readonly url: string;
  /** Makes a key that enrolls one device. */
  readonly enrollmentKey: () => Promise<string>;
}

/** A demo device: the real agent in rounds, and an HTTPS service with what the agent installed. */
export class DemoDevice {
  private readonly logger = new Logger(DemoDevice.name);
  private https: DeviceHttps | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    readonly number: number,
    readonly address: string,
    readonly stateDirectory: string,
    private readonly agent: AgentProcess,
    private readonly nameOf: (stateDirectory: string) => Promise<string>,
  ) {}

  get isEnrolled(): boolean {
    return existsSync(join(this.stateDirectory, 'token'));
  }

  /** Enrolls when it is not yet, and keeps going until it serves HTTPS. Rejects when the device is stopped before. */
  async bringUp(server: DemoServer): Promise<{ readonly name: string; readonly port: number }> {
    const state = ['--state', this.stateDirectory];
    if (!this.isEnrolled) {
      const key = await server.enrollmentKey();
      await this.agent.run(['enroll', '--server', server.url, '--address', this.address, ...state], {
        FLEETCERT_ENROLLMENT_KEY: key,
      });
    }
    for (;;) {
      if (this.stopped) throw new Error('the demo device was stopped');
      const result = await this.agent.run(['run', '--force', ...state]);
      const port = await this.serve();
      if (port !== undefined) {
        this.schedule();
        return { name: await this.nameOf(this.stateDirectory), port };
      }
      if (result.exitCode !== WAITING) this.logger.error(`demo device ${this.number}: ${result.lastLine}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_SECONDS * 1000));
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.https?.stop();
  }

  private async serve(): Promise<number | undefined> {
    if (!existsSync(join(this.stateDirectory, 'live', 'fullchain.pem'))) return undefined;
    this.https ??= new DeviceHttps(await this.nameOf(this.stateDirectory), this.address, this.stateDirectory);
    return this.https.refresh();
  }

  /** Goes on as a device's timer would: a round now and then renews in time. */
  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      void this.agent
        .run(['run', '--state', this.stateDirectory])
        .then(() => this.serve())
        .catch((error: unknown) => this.logger.warn({ err: error }, 'a demo device failed'))
        .finally(() => this.schedule());
    }, ROUND_SECONDS * 1000);
    this.timer.unref();
  }
}
