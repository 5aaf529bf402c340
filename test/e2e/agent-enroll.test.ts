import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AgentApi, DEVICE_NAME, problem } from '../support/agent-api.js';
import { AgentDevice } from '../support/agent-device.js';
import { addProgram, AGENT, execute, shells } from '../support/agent-shell.js';

let api: AgentApi;
let device: AgentDevice;

beforeEach(async () => {
  api = await AgentApi.start();
  device = new AgentDevice(api.url);
});
afterEach(async () => {
  device.remove();
  await api.stop();
});

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('enroll', () => {
  it('ends with an installed certificate, in folders and files for the owner alone', async () => {
    const { exitCode, lastLine } = await device.enroll();
    expect(lastLine).toMatch(`installed the certificate of ${DEVICE_NAME}, valid until 20`);
    expect(exitCode).toBe(0);
    expect(device.read('name').trim()).toBe(DEVICE_NAME);
    expect(mode(device.state)).toBe('700');
    for (const file of ['config', 'token', 'live/privkey.pem', 'live/fullchain.pem']) {
      expect(mode(device.path(file))).toBe('600');
    }
    expect(device.serial()).toBe(api.certificate!.serialNumber);
  });

  it('only enrolls with --no-run', async () => {
    expect(await device.enroll('--no-run')).toMatchObject({ exitCode: 0, lastLine: `enrolled as ${DEVICE_NAME}` });
    expect(api.calls()).toEqual(['POST /v1/enroll']);
  });

  it('sends what it was given', async () => {
    await device.enroll('--no-run', '--address', '10.9.9.9', '--address=fd00::9', '--hardware-id', 'SN "7"\\x');
    expect(api.requests[0]).toMatchObject({
      credential: undefined,
      body: {
        enrollmentKey: 'fck_key-of-the-test',
        hardwareId: 'SN "7"\\x',
        addresses: ['10.9.9.9', 'fd00::9'],
      },
    });
  });

  it('lets the server renew for its key while it is away, unless it is told not to', async () => {
    await device.enroll();
    api.letRenew();
    await device.enroll('--no-renew-while-away');
    api.letRenew();
    await device.runNow();
    api.letRenew();
    await device.enroll('--renew-while-away');
    const bodies = api.requests.filter(({ call }) => call === 'POST /v1/device/orders').map(({ body }) => body);
    expect(bodies.map((body) => (body as { renewWhileAway?: boolean }).renewWhileAway)).toEqual([
      undefined,
      false,
      false,
      undefined,
    ]);
  });

  it.each([
    ['--key', (key: string) => ({ argv: ['--key', key] })],
    ['--key-file', (key: string, folder: string) => ({ argv: ['--key-file', writeKey(folder, `${key}\n`)] })],
    ['standard input', (key: string) => ({ argv: ['--key-file', '-'], input: `${key}\n` })],
    ['FLEETCERT_ENROLLMENT_KEY', (key: string) => ({ argv: [], environment: { FLEETCERT_ENROLLMENT_KEY: key } })],
  ] as const)('takes the enrollment key from %s', async (_way, given) => {
    const { argv, ...options } = given('fck_this-one', device.folder) as { argv: string[] };
    const { exitCode } = await device.agent(['enroll', '--server', api.url, '--no-run', ...argv], options);
    expect(exitCode).toBe(0);
    expect(api.requests[0]?.body).toMatchObject({ enrollmentKey: 'fck_this-one' });
  });

  it('again says so, keeps the device, and changes the settings that are given', async () => {
    await device.enroll('--rsa', '2048', '--reload-cmd', 'true');
    const { exitCode, stderr } = await device.enroll('--address', '10.7.7.7', '--rsa', '0');
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`already enrolled as ${DEVICE_NAME}`);
    expect(api.calls().filter((call) => call === 'POST /v1/enroll')).toHaveLength(1);
    expect(api.addresses).toEqual(['10.7.7.7']);
    expect(device.read('config')).toMatch(/^reload_cmd=true$/m);
    expect(device.read('config')).toMatch(/^rsa=$/m);
  });

  it('with --address auto goes back to the addresses that are found', async () => {
    await device.enroll('--no-run');
    const tools = join(device.folder, 'tools');
    addProgram(tools, 'ip', 'echo "2: eth0    inet 10.4.4.4/24 scope global eth0"');
    const argv = ['enroll', '--server', api.url, '--address', 'auto'];
    expect((await device.agent(argv, { before: tools })).exitCode).toBe(0);
    expect(api.addresses).toEqual(['10.4.4.4']);
  });

  it('with another server is wrong usage', async () => {
    await device.enroll('--no-run');
    const { exitCode, lastLine } = await device.agent([
      'enroll',
      '--server',
      'https://other.example',
      '--key',
      'fck_x',
    ]);
    expect(exitCode).toBe(64);
    expect(lastLine).toContain(`is enrolled with ${api.url} already`);
  });

  it('that is refused says why, exits 77, and leaves the device unenrolled', async () => {
    api.script('POST /v1/enroll', problem(401, 'enrollment_key_invalid', 'The enrollment key is used up.'));
    const { exitCode, lastLine } = await device.enroll();
    expect({ exitCode, lastLine }).toEqual({
      exitCode: 77,
      lastLine: 'not enrolled: refused: The enrollment key is used up. (enrollment_key_invalid)',
    });
    expect((await device.run()).exitCode).toBe(64);
  });

  it('while the server is away is worth another try', async () => {
    api.script('POST /v1/enroll', { status: 503, body: 'Bad gateway' });
    expect((await device.enroll()).exitCode).toBe(75);
    api.unscript();
    expect((await device.enroll()).exitCode).toBe(0);
  });

  it('that was killed after the answer is completed without a second enrollment', async () => {
    await device.enroll('--no-run');
    const token = device.read('token');
    const answer = { deviceId: 'd1', name: DEVICE_NAME, zone: 'fleet.test', token: token.trim(), serverTime: api.now };
    device.remove();
    mkdirSync(device.path('enrolling'), { recursive: true });
    writeFileSync(device.path('enrolling', 'server'), `${api.url}\n`);
    writeFileSync(device.path('enrolling', 'answer'), JSON.stringify(answer));
    expect(await device.enroll('--no-run')).toMatchObject({ exitCode: 0 });
    expect(api.calls()).toEqual(['POST /v1/enroll']);
    expect(device.read('token')).toBe(token);
    expect(device.has('enrolling')).toBe(false);
  });

  it('that was killed in the middle of the answer is made again', async () => {
    mkdirSync(device.path('enrolling'), { recursive: true });
    writeFileSync(device.path('enrolling', 'server'), `${api.url}\n`);
    writeFileSync(device.path('enrolling', 'answer'), '{"deviceId":"d1","token":"fcd_fir');
    expect(await device.enroll('--no-run')).toMatchObject({ exitCode: 0 });
    expect(api.calls()).toEqual(['POST /v1/enroll']);
  });

  it('does not touch a live folder that somebody else has made', async () => {
    mkdirSync(device.path('live'), { recursive: true });
    const { exitCode, lastLine } = await device.enroll();
    expect(exitCode).toBe(1);
    expect(lastLine).toContain("is not of this program's making");
    expect(api.requests).toEqual([]);
  });

  it('leaves the rights of a folder that was there', async () => {
    mkdirSync(device.state, { mode: 0o755 });
    await device.enroll();
    expect(mode(device.state)).toBe('755');
    expect(mode(device.path('live.1'))).toBe('700');
  });

  it('warns of a server without https beyond this machine', async () => {
    const { stderr } = await device.agent(['enroll', '--server', 'http://fleet.invalid', '--key', 'fck_x']);
    expect(stderr).toContain('without https everyone on the way can read');
  });
});

function writeKey(folder: string, text: string): string {
  const path = join(folder, 'key');
  writeFileSync(path, text);
  return path;
}

describe('wrong usage', () => {
  it.each([
    [['enroll'], 'enroll needs --server URL'],
    [['enroll', '--server', 'https://x'], 'enroll needs --key KEY, --key-file FILE or FLEETCERT_ENROLLMENT_KEY'],
    [['enroll', '--server'], '--server needs a value'],
    [['enroll', '--server='], '--server needs a value'],
    [['enroll', '--server', 'fleet.example', '--key', 'k'], '--server takes a URL that begins with https://'],
    [['enroll', '--server', 'https://x/"\ny', '--key', 'k'], '--server takes a URL'],
    [['enroll', '--server', 'https://x', '--key', 'a b'], 'the enrollment key has characters'],
    [['enroll', '--server', 'https://x', '--key-file', '/nonexistent'], 'cannot read --key-file /nonexistent'],
    [['enroll', '--server', 'https://x', '--key', 'k', '--rsa', '1024'], '--rsa takes 2048, 3072 or 4096'],
    [['enroll', '--server', 'https://x', '--key', 'k', '--address', 'nas.local'], '--address takes an IPv4 or IPv6'],
    [['enroll', '--server', 'https://x', '--key', 'k', '--install-days-before', 'soon'], 'takes a number of days'],
    [['enroll', '--server', 'https://x', '--key', 'k', '--reload-cmd', 'a\nb'], 'take one line'],
    [['enroll', '--server', 'https://x', '--key', 'k', '--ca-file', '/etc/passwd'], 'is not a PEM certificate'],
    [['run', '--wait', 'long'], '--wait and --splay take a number of seconds'],
    [['run', '--force=yes'], '--force takes no value'],
    [['enroll', '--no-renew-while-away=yes'], '--no-renew-while-away takes no value'],
    [['run', '--json'], 'run has no option --json'],
    [['run', 'now'], "run does not know what to do with 'now'"],
    [['renew'], "there is no command 'renew'"],
  ])('%j exits 64 before anything is done', async (argv, reason) => {
    const { exitCode, lastLine } = await device.agent(argv);
    expect(lastLine).toContain(reason);
    expect(exitCode).toBe(64);
    expect(device.has('token')).toBe(false);
  });

  it.each(['run', 'status', 'install'])('%s before enroll says what to do first', async (command) => {
    const { exitCode, lastLine } = await device.agent([command]);
    expect(exitCode).toBe(64);
    expect(lastLine).toMatch(/this device is not enrolled in .*: fleetcert-agent enroll/);
  });

  it('no command at all shows the help', async () => {
    const { exitCode, stderr } = await execute(device.shell, [...device.shell.command, AGENT]);
    expect(exitCode).toBe(64);
    expect(stderr).toContain('--install-days-before N');
  });

  it.each(['--help', 'help', '-h'])('%s is none', async (argument) => {
    const result = await execute(device.shell, [...device.shell.command, AGENT, argument]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('Exit codes: 0 done or nothing to do, 75 waiting (try later), 64 wrong usage');
  });
});

describe.each(shells())('through a pipe into $name', (shell) => {
  const script = readFileSync(AGENT);
  const pipe = (input: Buffer, ...argv: string[]) =>
    execute(shell, [...shell.command, '-s', '--', 'enroll', '--server', api.url, '--state', device.state, ...argv], {
      input,
      cwd: device.folder,
      environment: { FLEETCERT_ENROLLMENT_KEY: 'fck_x' },
    });

  beforeEach(() => {
    api.addresses = [];
    api.script('GET /agent', { status: 200, body: script.toString(), headers: { 'content-type': 'text/x-sh' } });
  });

  it('enrolls, and leaves the program where later runs find it', async () => {
    const { exitCode, stderr } = await pipe(script, '--address', '10.1.1.4');
    expect(stderr).toContain(`to renew by itself: ${device.path('bin', 'fleetcert-agent')} install --state`);
    expect(exitCode).toBe(0);
    expect(device.read('bin', 'fleetcert-agent')).toBe(script.toString());
    const later = await execute(shell, [device.path('bin', 'fleetcert-agent'), 'run', '--state', device.state]);
    expect(later.lastLine).toContain('nothing to do');
    expect(later.exitCode).toBe(0);
  });

  it('does nothing at all when the connection breaks', async () => {
    for (const part of [0.3, 0.6, 0.999]) {
      await pipe(script.subarray(0, Math.floor(script.length * part)), '--address', '10.1.1.4');
    }
    expect(api.requests).toEqual([]);
    expect(device.has()).toBe(false);
  });

  it('does not keep half a program, or a page in its place', async () => {
    for (const body of [script.toString().slice(0, 20_000), '<html>Sign in</html>']) {
      api.script('GET /agent', { status: 200, body });
      const { exitCode, lastLine } = await pipe(script, '--address', '10.1.1.4', '--no-run');
      expect(lastLine).toContain('did not answer with the whole program');
      expect(exitCode).toBe(1);
      expect(device.has('bin', 'fleetcert-agent')).toBe(false);
    }
  });
});

describe('secrets', () => {
  const credential = /fc[dk]_[\w-]+/;

  it('are on no command line, in no output and in no hook', async () => {
    const tools = join(device.folder, 'tools');
    const log = join(device.folder, 'seen');
    for (const tool of ['curl', 'openssl', 'sed', 'awk', 'grep', 'cat', 'mv', 'tr']) {
      addProgram(tools, tool, `printf '%s\\n' "$@" >>"${log}"\nPATH=\${PATH#*:}\nexec ${tool} "$@"`);
    }
    const said = await device.agent(
      [
        'enroll',
        '--server',
        api.url,
        '--no-run',
        '--address',
        '10.1.1.4',
        '--reload-cmd',
        `env >>"${log}"; echo "$$" `,
      ],
      { before: tools, environment: { FLEETCERT_ENROLLMENT_KEY: 'fck_secret' } },
    );
    const ran = await device.agent(['run', '--rotate-token'], { before: tools });
    expect([said.exitCode, ran.exitCode]).toEqual([0, 0]);
    const seen = readFileSync(log, 'utf8');
    expect(seen).toContain('FLEETCERT_NAME=');
    expect(seen).not.toMatch(credential);
    expect(said.stderr + ran.stderr).not.toMatch(credential);
  });

  it('do not follow a redirect', async () => {
    await device.enroll('--no-run');
    const thief = await AgentApi.start();
    api.script('GET /v1/device', { status: 302, headers: { location: `${thief.url}/v1/device` } });
    const { exitCode, lastLine } = await device.run();
    expect(lastLine).toContain(`redirects to ${thief.url}/v1/device`);
    expect(exitCode).toBe(1);
    expect(thief.requests).toEqual([]);
    await thief.stop();
  });
});
