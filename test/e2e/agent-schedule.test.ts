import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { AgentApi } from '../support/agent-api.js';
import type { AgentDevice } from '../support/agent-device.js';
import { addProgram, AGENT, execute, linesOf, type Result } from '../support/agent-shell.js';
import { eachWithCertificate } from '../support/agent-template.js';
import { describeWithPeers } from '../support/peers.js';

const CRON_LINE = new RegExp(
  `^[0-4]-59/5 \\* \\* \\* \\* root ${AGENT} run --periodic --state \\S+ --splay 60 (2>&1 \\| logger -t fleetcert-agent|>/dev/null 2>&1)$`,
  'm',
);
const CRON_LINE_LAST = new RegExp(`${CRON_LINE.source}(?![^])`, 'm');

let api: AgentApi;
let template: AgentDevice;
let device: AgentDevice;
eachWithCertificate((given) => ({ api, template, device } = given));

describe('run --periodic', () => {
  const remembered = (key: string, value: number): void => {
    const text = readFileSync(device.path('status'), 'utf8');
    writeFileSync(device.path('status'), text.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}=${value}`));
  };
  const periodic = (): Promise<Result> => device.run('--periodic');
  const seconds = (): number => Math.floor(Date.now() / 1000);

  it('asks nobody and says nothing while nothing is due', async () => {
    expect(await periodic()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(api.requests).toEqual([]);
  });

  it.each([
    ['the last contact was an hour ago', () => remembered('last_contact', seconds() - 3601)],
    ['the renewal is due', () => remembered('renew_at', seconds() - 1)],
    ['an address has changed', () => remembered('addresses_sent', 10)],
    ['a file is missing', () => execFileSync('rm', [device.path('live', 'chain.pem')])],
    ['hooks are due', () => writeFileSync(device.path('due.deploy'), 'all\n')],
    ['an alarm has to be told', () => writeFileSync(device.path('due.alarm-resolved'), 'all\n')],
    ['a credential is being changed', () => writeFileSync(device.path('token.next'), 'fcd_x\n')],
  ])('asks the server when %s', async (_what, change) => {
    change();
    expect((await periodic()).exitCode).toBe(0);
    expect(api.calls()).toContain('GET /v1/device');
  });

  it('asks for an order that waits when its time has come', async () => {
    api.letRenew();
    api.orderStatus = { status: 'queued' };
    api.retryAfterSeconds = 900;
    await device.run('--wait', '0');
    const asked = api.requests.length;
    expect((await periodic()).exitCode).toBe(0);
    expect(api.requests).toHaveLength(asked);
    remembered('order_next', seconds() - 1);
    await periodic();
    expect(api.requests.length).toBeGreaterThan(asked);
  });

  it('begins after a random part of --splay', async () => {
    addProgram(join(device.folder, 'tools'), 'sleep', `echo "$1" >>"${device.folder}/slept"`);
    for (let run = 0; run < 6; run++) {
      await device.agent(['run', '--periodic', '--splay', '1000'], { before: join(device.folder, 'tools') });
    }
    const slept = linesOf(join(device.folder, 'slept')).map(Number);
    expect(new Set(slept).size).toBeGreaterThan(2);
    expect(slept.every((second) => second >= 0 && second < 1000)).toBe(true);
  });
});

describe('install --root', () => {
  const root = (): string => join(device.folder, 'root');
  const install = (...options: string[]): Promise<Result> => device.agent(['install', '--root', root(), ...options]);

  it('writes a systemd service and an enabled timer into the image', async () => {
    expect(await install('--scheduler', 'systemd')).toMatchObject({ exitCode: 0, lastLine: 'installed' });
    const units = join(root(), 'etc/systemd/system');
    const [name] = readdirSync(join(units, 'timers.target.wants'));
    expect(name).toMatch(/^fleetcert-agent-[\w-]+\.timer$/);
    expect(readFileSync(join(units, 'timers.target.wants', name!), 'utf8')).toContain('RandomizedDelaySec=');
    const service = readFileSync(join(units, name!.replace('.timer', '.service')), 'utf8');
    expect(service).toContain(`ExecStart=${AGENT} run --periodic --state ${device.state}\n`);
  });

  it('names paths as they will be in the image', async () => {
    const program = join(root(), 'usr/bin/fleetcert-agent');
    addProgram(join(root(), 'usr/bin'), 'fleetcert-agent', '');
    writeFileSync(program, readFileSync(AGENT));
    const argv = [program, 'install', '--root', root(), '--scheduler', 'systemd'];
    expect((await execute(device.shell, ['/bin/sh', ...argv])).exitCode).toBe(0);
    const service = readFileSync(join(root(), 'etc/systemd/system/fleetcert-agent.service'), 'utf8');
    expect(service).toContain('ExecStart=/usr/bin/fleetcert-agent run --periodic --state /etc/fleetcert\n');
  });

  it('names the state folder by the links of the image', async () => {
    execFileSync('mkdir', ['-p', join(root(), 'run'), join(root(), 'var')]);
    symlinkSync('../run', join(root(), 'var/run'));
    const argv = ['install', '--root', `${root()}/.`, '--scheduler', 'cron.d', '--state', '/var/run/./fleetcert'];
    expect((await execute(device.shell, ['/bin/sh', AGENT, ...argv])).exitCode).toBe(0);
    expect(readdirSync(join(root(), 'etc/cron.d'))).toEqual(['fleetcert-agent-run-fleetcert']);
  });

  it('writes a line for cron', async () => {
    expect((await install('--scheduler', 'cron.d')).exitCode).toBe(0);
    const [file] = readdirSync(join(root(), 'etc/cron.d'));
    expect(readFileSync(join(root(), 'etc/cron.d', file!), 'utf8')).toMatch(CRON_LINE);
  });

  it.each([
    [['--scheduler', 'anacron'], '--scheduler takes systemd, cron.d or crontab'],
    [['--scheduler', 'crontab'], '--root is for systemd and cron.d'],
  ])('with %j is wrong usage', async (options, reason) => {
    expect(await install(...options)).toMatchObject({ exitCode: 64, lastLine: reason });
  });

  it('refuses paths that a unit or a crontab would read otherwise', async () => {
    const odd = join(device.folder, 'a%b c');
    const argv = ['install', '--root', root(), '--scheduler', 'cron.d', '--state', odd];
    const { exitCode, lastLine } = await execute(device.shell, ['/bin/sh', AGENT, ...argv]);
    expect(lastLine).toContain('a timer needs paths without blanks and special characters');
    expect(exitCode).toBe(64);
    expect(existsSync(join(root(), 'etc'))).toBe(false);
  });

  describeWithPeers(['systemd-analyze'], 'systemd', () => {
    it('finds no fault in the units', async () => {
      await install('--scheduler', 'systemd');
      const units = join(root(), 'etc/systemd/system');
      const files = readdirSync(units).filter((name) => /\.(service|timer)$/.test(name));
      const paths = files.map((name) => join(units, name));
      const { exitCode, stderr } = await execute(device.shell, ['systemd-analyze', 'verify', ...paths]);
      expect(stderr).not.toMatch(/fleetcert/);
      expect(exitCode).toBe(0);
    });
  });
});

const canUnshare = ((): boolean => {
  try {
    execFileSync(
      'unshare',
      ['-m', 'sh', '-c', 'mount -t tmpfs none /etc/systemd/system && mount -t tmpfs none /etc/cron.d'],
      {
        stdio: 'ignore',
      },
    );
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!canUnshare)(
  `install and uninstall${canUnshare ? '' : ' (skipped: may not make a mount namespace)'}`,
  () => {
    /** Runs commands where /etc/systemd/system and /etc/cron.d are empty and may be written to. */
    const inPrivateEtc = (commands: string): Promise<Result> => {
      const tools = join(device.folder, 'tools');
      addProgram(tools, 'systemctl', `echo "systemctl $*" >>"${device.folder}/calls"`);
      addProgram(
        tools,
        'crontab',
        `table="${device.folder}/crontab"
      case $1 in -l) cat "$table" 2>/dev/null ;; *) cat "$1" >"$table" ;; esac`,
      );
      const script = `mount -t tmpfs none /etc/systemd/system && mount -t tmpfs none /etc/cron.d || exit 99
      agent() { /bin/sh "${AGENT}" "$@" --state "${device.state}"; }
      ${commands}`;
      return execute(device.shell, ['unshare', '-m', 'sh', '-c', script], { before: tools });
    };
    const calls = (): string[] => linesOf(join(device.folder, 'calls'));

    it('starts a systemd timer, and takes it away', async () => {
      const { stdout, exitCode } = await inPrivateEtc(`
      agent install --scheduler systemd && ls /etc/systemd/system && agent uninstall && ls /etc/systemd/system`);
      expect(exitCode).toBe(0);
      const [service, timer] = stdout.split('\n').filter((name) => name.startsWith('fleetcert'));
      expect(service).toMatch(/^fleetcert-agent-[\w-]+\.service$/);
      expect(calls()).toEqual([
        'systemctl daemon-reload',
        `systemctl enable --now ${timer}`,
        `systemctl disable --now ${timer}`,
        'systemctl daemon-reload',
      ]);
      expect(stdout.match(/fleetcert-agent/g)).toHaveLength(2);
    });

    it('writes a cron file, again without a second line, and takes it away', async () => {
      const { stdout, exitCode } = await inPrivateEtc(`
      agent install --scheduler cron.d && agent install --scheduler cron.d && cat /etc/cron.d/* &&
      agent uninstall && ls -A /etc/cron.d`);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(CRON_LINE);
      expect(stdout.match(/--periodic/g)).toHaveLength(1);
      expect(stdout.trimEnd()).toMatch(CRON_LINE_LAST);
    });

    it.each(['./state', '../$(basename "$PWD")/state', '$PWD/./state//', '$PWD/link'])(
      'takes the same folder for the same device when it is written %s',
      async (spelling) => {
        symlinkSync('state', join(device.folder, 'link'));
        const { stdout, exitCode } = await inPrivateEtc(`
        cd "${device.folder}" && as() { /bin/sh "${AGENT}" "$1" $3 --state "$2"; }
        as install "${spelling}" "--scheduler cron.d" && agent install --scheduler cron.d && cat /etc/cron.d/* &&
        as uninstall "${spelling}" && ls -A /etc/cron.d`);
        expect(exitCode).toBe(0);
        expect(stdout.match(/--periodic/g)).toHaveLength(1);
        expect(stdout).toContain(` --state ${device.state} `);
        expect(stdout.trimEnd()).toMatch(CRON_LINE_LAST);
      },
    );

    it("adds one line to this user's crontab, and leaves the others", async () => {
      const table = join(device.folder, 'crontab');
      writeFileSync(table, '0 4 * * * /usr/bin/backup\n');
      await inPrivateEtc('agent install --scheduler crontab && agent install --scheduler crontab');
      expect(linesOf(table)).toEqual([
        '0 4 * * * /usr/bin/backup',
        expect.stringMatching(/--periodic .* # fleetcert-agent-[\w-]+$/),
      ]);
      await inPrivateEtc('agent uninstall');
      expect(linesOf(table)).toEqual(['0 4 * * * /usr/bin/backup']);
    });

    it('comes with enroll --install', async () => {
      const { stdout, exitCode, stderr } = await inPrivateEtc(`
      agent enroll --server ${api.url} --install --no-run && find /etc/cron.d /etc/systemd/system -type f`);
      expect(stdout).toMatch(/fleetcert-agent-[\w-]+/);
      expect(stderr).toMatch(/^fleetcert-agent: runs (by|from) /m);
      expect(exitCode).toBe(0);
    });

    it('uninstalls what was never installed without complaint', async () => {
      expect(await inPrivateEtc('agent uninstall')).toMatchObject({ exitCode: 0, lastLine: 'uninstalled' });
      expect(device.serial()).toBe(template.serial());
    });

    it('--purge deletes all that is ours, and nothing else', async () => {
      writeFileSync(device.path('notes.txt'), 'mine');
      const { exitCode, stderr } = await inPrivateEtc('agent uninstall --purge');
      expect(exitCode).toBe(0);
      expect(stderr).toContain('holds other files, they stay');
      expect(readdirSync(device.state)).toEqual(['notes.txt']);
    });

    it('--purge leaves no folder where nothing else is in it', async () => {
      await inPrivateEtc('agent uninstall --purge');
      expect(existsSync(device.state)).toBe(false);
    });

    it('--purge does not touch a folder that is no device', async () => {
      const other = join(device.folder, 'other');
      execFileSync('mkdir', ['-p', join(other, 'live')]);
      const argv = ['/bin/sh', AGENT, 'uninstall', '--purge', '--state', other];
      const { exitCode, lastLine } = await execute(device.shell, argv);
      expect(lastLine).toContain('is not the folder of an enrolled device: nothing was deleted');
      expect(exitCode).toBe(64);
      expect(existsSync(join(other, 'live'))).toBe(true);
    });
  },
);
