import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { AGENT, callAgent, execute, plainShell, runAgent, shells } from '../support/agent-shell.js';
import { describeWithPeers } from '../support/peers.js';

const PACKAGE = fileURLToPath(new URL('../../package.json', import.meta.url));

describeWithPeers(['shellcheck'], 'shellcheck', () => {
  it('has nothing to say', async () => {
    const result = await execute(plainShell(), ['shellcheck', '-s', 'sh', AGENT]);
    expect(result.stdout).toBe('');
    expect(result.exitCode).toBe(0);
  });
});

describeWithPeers(['dash', 'busybox'], 'the shells', () => {
  it('are those of devices', () => {
    expect(shells().map(({ name }) => name)).toEqual(expect.arrayContaining(['dash', 'busybox ash']));
  });
});

describe.each(shells())('under $name', (shell) => {
  const call = (snippet: string, input = '') => callAgent(shell, snippet, { input });

  it('tells its version, which is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
    expect(await runAgent(shell, ['--version'])).toMatchObject({ exitCode: 0, stdout: `fleetcert-agent ${version}\n` });
  });

  it.each([
    ['2026-11-20T21:33:00.000Z', 1_795_210_380],
    ['2026-11-20T21:33:00Z', 1_795_210_380],
    ['Nov 20 21:33:00 2026 GMT', 1_795_210_380],
    ['Feb  9 01:02:03 2028 GMT', 1_833_670_923],
    ['2000-02-29T12:00:00Z', 951_825_600],
    ['1970-01-01T00:00:00Z', 0],
    ['2038-01-19T03:14:08Z', 2_147_483_648],
    ['2100-03-01T00:00:00Z', 4_107_542_400],
  ])('reads the time %s', async (text, seconds) => {
    expect((await call(`to_epoch '${text}'`)).stdout).toBe(`${seconds}\n`);
  });

  it.each(['', 'yesterday', '2026-11-20', '2026-11-20T21:33:00+01:00', 'Nox 20 21:33:00 2026 GMT', '1795210380'])(
    'takes %j for no time',
    async (text) => {
      expect(await call(`to_epoch '${text}'`)).toMatchObject({ exitCode: 1, stdout: '' });
    },
  );

  it('writes times as it reads them, over sixty years', async () => {
    const { stdout } = await call(`
      for seconds in 0 86399 68169600 951782400 951868799 1709164800 1767225599 1795210380 2147483648 2240524800; do
        [ "$(to_epoch "$(to_iso $seconds)")" = $seconds ] || echo "$seconds"
      done
      to_iso 951868799`);
    expect(stdout).toBe('2000-02-29T23:59:59Z\n');
  });

  it('flattens JSON in any order and spacing, with escapes', async () => {
    const json = ' {"b" : {"c":[1,-2.5e3,{"d":null},true],"e":{}} ,\n"a":"x\\ty\\"\\\\\\/\\u0041\\u00e9 é","l":[]}\r\n';
    const { stdout, exitCode } = await call('json_flatten', json);
    expect(stdout).toBe('b.c.0=1\nb.c.1=-2.5e3\nb.c.3=true\na=x y"\\/A? é\n');
    expect(exitCode).toBe(0);
  });

  it('keeps control characters out of values, however they are written', async () => {
    const { stdout } = await call('json_flatten', '{"reason":"a\\u001b[2Jb\\nc\u001b[31md"}');
    expect(stdout).toBe('reason=a [2Jb c [31md\n');
  });

  it('does not take a key with a dot for a path', async () => {
    const { stdout } = await call('json_flatten', '{"certificate.sha256":"evil","certificate":{"sha256":"good"}}');
    expect(stdout).toBe('?=evil\ncertificate.sha256=good\n');
  });

  it.each([
    '',
    '<html><body>Sign in</body></html>',
    '{',
    '{"a":1',
    '{"a":1,}',
    '{"a" 1}',
    '{"a":tru}',
    '[1 2]',
    '"x',
    '{"a":"\\u12"}',
    '{"a":"\\q"}',
    '{"a":1} x',
    '['.repeat(5000),
  ])('says that %j is not JSON', async (text) => {
    expect((await call('json_flatten', text)).exitCode).toBe(1);
  });

  it('makes JSON of what it is given', async () => {
    const { stdout } = await call(`json_string 'a "b" \\c'; json_strings 10.0.0.1 fd00::1; json_strings`);
    expect(stdout).toBe('"a \\"b\\" \\\\c"["10.0.0.1", "fd00::1"][]');
  });

  it('keeps values by their keys, and nothing else', async () => {
    const { stdout } = await call(`
      put "\${newline}a=1\${newline}b=2 = 2\${newline}ab=3" a 4 c "*?[x] \\$y" b ''
      printf '%s\n' "$lines"
      for key in a b ab c d '*'; do echo "$key: $(pick "$lines" "$key")"; done`);
    expect(stdout).toBe('\nab=3\na=4\nc=*?[x] $y\nb=\na: 4\nb: \nab: 3\nc: *?[x] $y\nd: \n*: \n');
  });

  it('does not calculate with what is no number', async () => {
    const { stdout } = await call(`for text in 12 0 '' 012 1a '$(id)' 99999999999999; do number "$text" -; done`);
    expect(stdout).toBe('12\n0\n-\n-\n-\n-\n-\n');
  });

  it('draws random numbers of sixteen bits that differ', async () => {
    const { stdout } = await call('for n in 1 2 3 4 5 6 7 8; do random; done');
    const numbers = stdout.trim().split('\n').map(Number);
    expect(new Set(numbers).size).toBeGreaterThan(4);
    expect(numbers.every((number) => number >= 0 && number < 65_536)).toBe(true);
  });

  it('knows a process from another one that got the same number later', async () => {
    const { stdout } = await call(`
      mine=$(process_identity $$)
      process_runs "$mine" && echo runs
      process_runs "$$:1:\${mine##*:}" || echo 'started at another time'
      process_runs "\${mine%:*}:another-boot" || echo 'before a reboot'
      process_runs 4194304:1:x || echo gone`);
    expect(stdout).toBe('runs\nstarted at another time\nbefore a reboot\ngone\n');
  });

  it('knows a folder by one name, however it is written, and before it is there', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'agent-resolve-')));
    mkdirSync(join(folder, 'real', 'there'), { recursive: true });
    symlinkSync('real', join(folder, 'link'));
    symlinkSync('real/there', join(folder, 'deep'));
    const { stdout } = await callAgent(
      shell,
      `for path in "$PWD/./real/there" "$PWD//link/there/" "$PWD/real/../link/there/." "$PWD/deep/../there" "$PWD/link/new" \
         "$PWD/link//./new/deeper/" / //; do
        resolve "$path" && echo "$resolved"
      done`,
      { cwd: folder },
    );
    rmSync(folder, { recursive: true });
    const there = join(folder, 'real/there');
    const created = join(folder, 'real/new');
    expect(stdout.trimEnd().split('\n')).toEqual([
      there,
      there,
      there,
      there,
      created,
      join(created, 'deeper'),
      '/',
      '/',
    ]);
  });

  it('refuses a folder that is above one that is not there', async () => {
    const { exitCode, lastLine } = await runAgent(shell, ['status', '--state', '/fleetcert-nowhere/../etc']);
    expect(lastLine).toContain('/fleetcert-nowhere/../etc is not there, and nothing can be made there');
    expect(exitCode).toBe(64);
  });
});
