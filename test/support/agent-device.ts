import { X509Certificate } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AgentApi } from './agent-api.js';
import { addProgram, linesOf, plainShell, type Result, runAgent, type RunOptions, type Shell } from './agent-shell.js';

const ENROLLMENT_KEY = 'fck_key-of-the-test';

/** A device that has the agent and a state folder of its own. */
export class AgentDevice {
  readonly folder = mkdtempSync(join(tmpdir(), 'agent-device-'));
  readonly state = join(this.folder, 'state');

  constructor(
    readonly url: string,
    readonly shell: Shell = plainShell(),
  ) {}

  /** Enrolled with the scripted API, with a certificate. */
  static async withCertificate(api: AgentApi, ...options: string[]): Promise<AgentDevice> {
    const device = await AgentDevice.enrolled(api, ...options);
    const { exitCode, stderr } = await device.run();
    if (exitCode !== 0) throw new Error(stderr);
    return device;
  }

  /** Enrolled with the scripted API, and nothing more. */
  static async enrolled(api: AgentApi, ...options: string[]): Promise<AgentDevice> {
    const device = new AgentDevice(api.url);
    const { exitCode, stderr } = await device.enroll('--no-run', ...options);
    if (exitCode !== 0) throw new Error(stderr);
    return device;
  }

  /** Another device with the same state. */
  copy(): AgentDevice {
    const copy = new AgentDevice(this.url, this.shell);
    cpSync(this.state, copy.state, { recursive: true, verbatimSymlinks: true });
    return copy;
  }

  /** With a fixed address, unless the options name one. */
  enroll(...options: string[]): Promise<Result> {
    const address = options.includes('--address') ? [] : ['--address', '10.1.1.4'];
    return this.agent(['enroll', '--server', this.url, ...address, ...options], {
      environment: { FLEETCERT_ENROLLMENT_KEY: ENROLLMENT_KEY },
    });
  }

  run(...options: string[]): Promise<Result> {
    return this.agent(['run', ...options]);
  }

  /** Without regard to earlier failures, and without waiting. */
  runNow(...options: string[]): Promise<Result> {
    return this.run('--force', '--wait', '0', ...options);
  }

  agent(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
    return runAgent(this.shell, [...argv, '--state', this.state], options);
  }

  async status(): Promise<{ readonly result: Result; readonly json: Record<string, unknown> }> {
    const result = await this.agent(['status', '--json']);
    return { result, json: JSON.parse(result.stdout) as Record<string, unknown> };
  }

  path(...parts: readonly string[]): string {
    return join(this.state, ...parts);
  }

  read(...parts: readonly string[]): string {
    return readFileSync(this.path(...parts), 'utf8');
  }

  has(...parts: readonly string[]): boolean {
    return existsSync(this.path(...parts));
  }

  /** The names in the state folder, without the numbered folders that links lead to. */
  entries(): string[] {
    return readdirSync(this.state)
      .filter((name) => !/^live\.\d+$/.test(name))
      .toSorted();
  }

  generation(link = 'live'): string {
    return readlinkSync(this.path(link));
  }

  /** The serial number of an installed certificate, whole with the rest of its pair, or undefined. */
  serial(folder = 'live'): string | undefined {
    if (!this.has(folder)) return undefined;
    const cert = this.read(folder, 'cert.pem');
    const { serialNumber } = new X509Certificate(cert);
    if (this.read(folder, 'fullchain.pem') !== cert + this.read(folder, 'chain.pem')) throw new Error('a torn chain');
    return serialNumber.toLowerCase();
  }

  /** A hook that writes a line of its variables to a file beside the state. */
  addHook(folder: 'deploy.d' | 'alarm.d', name: string, commands = ''): string {
    const log = join(this.folder, `${name}.log`);
    addProgram(
      this.path(folder),
      name,
      `echo "$FLEETCERT_ALARM|$FLEETCERT_NAME|$FLEETCERT_LIVE|$FLEETCERT_REASON" >>"${log}"\n${commands}`,
    );
    return log;
  }

  /** The lines that a hook has written. */
  hookLines(log: string): string[] {
    return linesOf(log);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
