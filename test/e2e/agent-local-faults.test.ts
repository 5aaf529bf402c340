import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { AgentApi } from '../support/agent-api.js';
import type { AgentDevice } from '../support/agent-device.js';
import { addProgram, AGENT, execute, linesOf } from '../support/agent-shell.js';
import { eachWithCertificate } from '../support/agent-template.js';

let api: AgentApi;
let device: AgentDevice;
let serial: string;
eachWithCertificate((given) => ({ api, device, serial } = given));

function expectPair(): void {
  const key = createPublicKey(createPrivateKey(device.read('live', 'privkey.pem'))).export({
    type: 'spki',
    format: 'pem',
  });
  const certificate = new X509Certificate(device.read('live', 'cert.pem'));
  expect(certificate.publicKey.export({ type: 'spki', format: 'pem' })).toBe(key);
}

describe('files that are damaged', () => {
  it.each(['cert.pem', 'chain.pem', 'fullchain.pem'])(
    '%s is fetched again for the same key, without an order',
    async (file) => {
      const key = device.read('live', 'privkey.pem');
      truncateSync(device.path('live', file), 300);
      const before = await device.status();
      expect(before.result.exitCode).toBe(1);
      expect(before.json['certificateProblem']).toMatch(/^of the installed files: /);
      expect((await device.run()).exitCode).toBe(0);
      expect(device.serial()).toBe(serial);
      expect(device.read('live', 'privkey.pem')).toBe(key);
      expect(api.orderCount).toBe(1);
    },
  );

  it.each([
    ['privkey.pem is cut', () => truncateSync(device.path('live', 'privkey.pem'), 100)],
    ['privkey.pem is gone', () => rmSync(device.path('live', 'privkey.pem'))],
    ['the folder is gone', () => rmSync(device.path(device.generation()), { recursive: true })],
    ['the link is gone', () => rmSync(device.path('live'))],
  ])('a new key is made when %s', async (_what, damage) => {
    damage();
    expect((await device.run()).exitCode).toBe(0);
    expect(device.serial()).toBe(api.certificate?.serialNumber);
    expectPair();
  });

  it('what the last runs found can be garbage', async () => {
    const garbage = 'renew_at=$(touch x)\ncontact_next=08\nissue_failures=-1\nserver_time=a[0]\n\u0000\u0001';
    writeFileSync(device.path('status'), garbage);
    expect((await device.status()).result.exitCode).toBe(0);
    expect((await device.run()).exitCode).toBe(0);
  });

  it('half an order is made anew', async () => {
    mkdirSync(device.path('pending'));
    writeFileSync(device.path('pending', 'rsa'), '\n');
    writeFileSync(device.path('pending', 'privkey.pem'), '-----BEGIN PRIVATE KEY-----\n');
    writeFileSync(device.path('pending', 'csr.pem'), '');
    api.letRenew();
    expect((await device.run()).exitCode).toBe(0);
    expect(device.serial()).toBe(api.certificate?.serialNumber);
    expectPair();
  });
});

describe('a credential that was being changed', () => {
  it('is the new one where the server knows it', async () => {
    api.tokens.push('fcd_second');
    writeFileSync(device.path('token.next'), 'fcd_second\n');
    expect((await device.run()).exitCode).toBe(0);
    expect(device.read('token')).toBe('fcd_second\n');
    expect(device.has('token.next')).toBe(false);
    expect(api.tokens).toEqual(['fcd_second']);
  });

  it('is the old one where the server does not know the new one', async () => {
    writeFileSync(device.path('token.next'), 'fcd_unheard-of\n');
    expect((await device.run()).exitCode).toBe(0);
    expect(device.read('token')).toBe('fcd_first-credential\n');
    expect(device.has('token.next')).toBe(false);
  });

  it('stays undecided while the server does not answer', async () => {
    api.tokens.push('fcd_second');
    writeFileSync(device.path('token.next'), 'fcd_second\n');
    api.script('GET /v1/device', { status: 503, body: 'x' });
    expect((await device.run()).exitCode).toBe(75);
    expect(device.read('token')).toBe('fcd_first-credential\n');
    expect(device.read('token.next')).toBe('fcd_second\n');
  });

  it('is changed on demand, and by itself after a month', async () => {
    expect((await device.run('--rotate-token')).stderr).toContain('the credential was changed');
    const first = device.read('token');
    await device.run();
    expect(device.read('token')).toBe(first);
    api.offsetMilliseconds = 31 * 86_400_000;
    await device.run();
    expect(device.read('token')).not.toBe(first);
    expect(api.tokens).toEqual([device.read('token').trim()]);
  });
});

describe('two runs at once', () => {
  it('end with one that does the work and one that says who does it', async () => {
    const log = device.addHook('deploy.d', 'slow', 'sleep 3');
    api.letRenew();
    const first = device.run();
    while (linesOf(log).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await device.run();
    expect(second.lastLine).toMatch(/^another run is under way \(process \d+\)$/);
    expect(second.exitCode).toBe(75);
    expect((await first).exitCode).toBe(0);
    expect((await device.run()).exitCode).toBe(0);
  });

  it.each([
    ['a process that is gone', '4194304:1:x'],
    ['a process of before the reboot', `${process.pid}:1:another-boot`],
    ['nobody', 'x'],
  ])('never wait for %s', async (_who, owner) => {
    symlinkSync(owner, device.path('lock'));
    expect((await device.run()).exitCode).toBe(0);
    expect(device.has('lock')).toBe(false);
  });

  it.each([1, 2, 3])('do not both take a lock that was left behind, by %d that were killed', async (killed) => {
    // The second and third were killed while they removed the lock before.
    for (const name of ['lock', 'lock+', 'lock++'].slice(0, killed)) {
      symlinkSync(`${4194304 + name.length}:1:x`, device.path(name));
    }
    api.letRenew();
    const results = await Promise.all(Array.from({ length: 6 }, () => device.run()));
    const exits = results.map(({ exitCode }) => exitCode).toSorted();
    expect(exits[0]).toBe(0);
    expect(exits.filter((exit) => exit !== 0 && exit !== 75)).toEqual([]);
    expect(api.orderCount).toBe(2);
    expectPair();
    expect(device.entries()).toEqual(['alarm.d', 'config', 'deploy.d', 'live', 'name', 'previous', 'status', 'token']);
  });

  it('leave nothing in the folder for temporary files, also when one was killed', async () => {
    const temporary = join(device.folder, 'tmp');
    mkdirSync(join(temporary, 'fleetcert-agent.abc123'), { recursive: true });
    mkdirSync(join(temporary, 'other'));
    symlinkSync(`4194304:1:x ${join(temporary, 'fleetcert-agent.abc123')}`, device.path('lock'));
    expect((await device.agent(['run'], { environment: { TMPDIR: temporary } })).exitCode).toBe(0);
    expect(readdirSync(temporary)).toEqual(['other']);
  });

  it('let the next run go on when one is interrupted', async () => {
    device.addHook('deploy.d', 'slow', 'echo "$$" >"$FLEETCERT_STATE/../hook"; sleep 1');
    api.letRenew();
    const script = `"${AGENT}" run --state "${device.state}" & agent=$!
      while ! [ -s "${device.folder}/hook" ]; do sleep 0.1; done
      kill -TERM $agent; wait $agent; echo "exit $?"`;
    const { stdout, lastLine } = await execute(device.shell, ['/bin/sh', '-c', script]);
    expect(lastLine).toBe('interrupted; the next run goes on from here');
    expect(stdout).toBe('exit 75\n');
    expect(device.has('lock')).toBe(false);
    expect((await device.run()).exitCode).toBe(0);
  });
});

describe('a program that is missing', () => {
  it.each(['curl', 'openssl'])('%s is named', async (tool) => {
    const folder = join(device.folder, 'tools');
    addProgram(folder, tool, 'exit 127');
    const { exitCode, lastLine } = await device.agent(['run'], { before: folder });
    expect(lastLine).toBe(`${tool} is needed, and is not installed`);
    expect(exitCode).toBe(1);
  });
});

describe('a full disk', () => {
  beforeEach(() => api.letRenew());

  it.each([0, 1, 2])('in the shape of a limit of %d blocks a file keeps the old pair', async (blocks) => {
    const limited = ['/bin/sh', '-c', `ulimit -f ${blocks}; exec "$0" run --state "$1"`, AGENT, device.state];
    const { exitCode } = await execute(device.shell, limited);
    expect(exitCode).not.toBe(0);
    expect(device.serial()).toBe(serial);
    expectPair();
    expect((await device.runNow()).exitCode).toBe(0);
    expect(device.serial()).toBe(api.certificate?.serialNumber);
    expectPair();
  });

  const canMount = mayMount();

  describe.skipIf(!canMount)(
    `in the shape of a file system of 128 KiB${canMount ? '' : ' (skipped: may not mount)'}`,
    () => {
      let folder: string;
      beforeAll(() => {
        folder = mountedFolder();
      });
      afterAll(() => unmount(folder));

      it.each([0, 4, 8, 12, 16, 20, 24, 28, 32, 40])(
        'with %d KiB left keeps a whole pair, and says what is wrong',
        async (left) => {
          const state = join(folder, `state-${left}`);
          execFileSync('cp', ['-a', device.state, state]);
          fill(folder, left);
          const result = await execute(device.shell, ['/bin/sh', AGENT, 'run', '--state', state]);
          const pair = () => readFileSync(join(state, 'live', 'fullchain.pem'), 'utf8');
          if (result.exitCode === 0) {
            expect(pair()).toContain(api.certificate!.toString('pem').slice(0, 200));
          } else {
            expect(result.lastLine).toMatch(/is the disk full/);
            expect(pair()).toBe(device.read('live', 'fullchain.pem'));
          }
          rmSync(join(folder, 'filler'));
          const again = await execute(device.shell, ['/bin/sh', AGENT, 'run', '--force', '--state', state]);
          expect(again).toMatchObject({ exitCode: 0 });
          expect(pair()).toContain(api.certificate!.toString('pem').slice(0, 200));
          rmSync(state, { recursive: true });
        },
      );

      it('does not burn an enrollment key that could not be made use of', async () => {
        fill(folder, 12);
        const state = join(folder, 'fresh');
        const command = ['/bin/sh', AGENT, 'enroll', '--server', api.url, '--key', 'fck_x', '--state', state];
        const { exitCode, lastLine } = await execute(device.shell, command);
        expect(lastLine).toContain('is the disk full?');
        expect(exitCode).toBe(1);
        expect(api.calls()).not.toContain('POST /v1/enroll');
        rmSync(join(folder, 'filler'));
        expect((await execute(device.shell, [...command, '--address', '10.1.1.4'])).exitCode).toBe(0);
        rmSync(state, { recursive: true });
      });
    },
  );
});

/** A folder with a file system of 128 KiB of its own. */
function mountedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return folder;
}

function unmount(folder: string): void {
  execFileSync('umount', [folder]);
  rmdirSync(folder);
}

function mayMount(): boolean {
  try {
    unmount(mountedFolder());
    return true;
  } catch {
    return false;
  }
}

/** Fills the file system but for so many KiB. */
function fill(folder: string, leftKibibytes: number): void {
  const line = execFileSync('df', ['-k', '--output=avail', folder], { encoding: 'utf8' }).split('\n')[1]!;
  writeFileSync(join(folder, 'filler'), Buffer.alloc((Number(line) - leftKibibytes) * 1024));
}
