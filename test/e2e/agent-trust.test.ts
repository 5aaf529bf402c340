import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AgentApi } from '../support/agent-api.js';
import { AgentDevice } from '../support/agent-device.js';
import { addProgram, type Result } from '../support/agent-shell.js';
import { describeWithPeers, findProgram } from '../support/peers.js';
import { around, newServerKey, selfSigned, TlsRoot, type ServerPair } from '../support/tls-root.js';

const DAY = 86_400_000;
const KEY = { FLEETCERT_ENROLLMENT_KEY: 'fck_key-of-the-test' };

describeWithPeers(['curl', 'openssl'], 'how the agent trusts its server', () => {
  let folder: string;
  let root: TlsRoot;
  let otherRoot: TlsRoot;
  let key: Awaited<ReturnType<typeof newServerKey>>;
  let otherKey: typeof key;
  let plain: ServerPair;
  let api: AgentApi;
  let device: AgentDevice;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'agent-trust-'));
    [root, otherRoot] = [await TlsRoot.make(), await TlsRoot.make('another root')];
    [key, otherKey] = [await newServerKey(), await newServerKey()];
    plain = await selfSigned(key);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    api = await AgentApi.start({ tls: plain });
    device = new AgentDevice(api.url);
  });
  afterEach(async () => {
    device.remove();
    await api.stop();
  });

  /** What the device's system trusts; nothing unless told. */
  const system = (roots = ''): Record<string, string> => {
    const file = join(folder, roots === '' ? 'nothing.pem' : 'system.pem');
    // curl wants at least one certificate in it.
    writeFileSync(file, roots === '' ? otherRoot.pem : roots);
    return { CURL_CA_BUNDLE: file, SSL_CERT_FILE: file, SSL_CERT_DIR: join(folder, 'none') };
  };
  const enroll = (environment: Record<string, string>, ...options: string[]): Promise<Result> =>
    device.agent(['enroll', '--server', api.url, '--address', '10.1.1.4', ...options], {
      environment: { ...KEY, ...environment },
    });
  const run = (environment: Record<string, string>, before?: string): Promise<Result> =>
    device.agent(['run', '--force', '--wait', '20'], { environment, ...(before !== undefined && { before }) });
  /** What the API serves beside the device's calls. */
  const offerRoots = (pem: string, pin?: string): void =>
    api.script('GET /roots.pem', {
      status: 200,
      body: pem,
      headers: { etag: '"v1"', ...(pin !== undefined && { 'fleetcert-key-pin': pin }) },
    });
  const pinned = (): string | undefined => /^pin=(.*)$/m.exec(device.read('config'))?.[1];
  const forgetRefresh = (): void => {
    const status = device.read('status').replace(/^trust_refreshed=.*$/m, 'trust_refreshed=1');
    writeFileSync(device.path('status'), status);
  };

  describe('with a self-signed certificate', () => {
    it('sends it nothing without a pin, and says how to give one', async () => {
      const { exitCode, lastLine } = await enroll(system());
      expect(lastLine).toMatch(/^not enrolled: the TLS certificate of \S+ is not trusted: .*enroll --pin/);
      expect(exitCode).toBe(1);
      expect(api.requests).toEqual([]);
    });

    it.each([
      ['the pin of its key', (pair: ServerPair) => pair.pin],
      ['the pin without its kind', (pair: ServerPair) => pair.pin.replace('sha256//', '')],
      ["the certificate's fingerprint", (pair: ServerPair) => pair.fingerprint],
      ["the key's fingerprint", (pair: ServerPair) => pair.keySha256],
    ])('enrolls by %s, keeps the pin, and goes on by it', async (_what, form) => {
      const { exitCode, stderr } = await enroll(system(), '--pin', form(plain));
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('installed the cert'),
      });
      expect(pinned()).toBe(plain.pin);
      api.letRenew();
      expect(await run(system())).toMatchObject({ exitCode: 0 });
      expect(device.serial()).toBe(api.certificate?.serialNumber);
    });

    it.each([
      [
        'another key',
        () => ({ option: ['--pin', `sha256//${'A'.repeat(43)}=`], exit: 1, text: 'is not the one that is pinned' }),
      ],
      [
        'another certificate',
        () => ({ option: ['--pin', 'ab:'.repeat(31) + 'ab'], exit: 1, text: 'another certificate' }),
      ],
      ['half a fingerprint', () => ({ option: ['--pin', 'ab:cd'], exit: 64, text: '--pin takes sha256//' })],
      ['something else', () => ({ option: ['--pin', 'sha256//x'], exit: 64, text: '--pin takes sha256//' })],
    ])('sends it nothing when the pin is that of %s', async (_what, given) => {
      const { option, exit, text } = given();
      const { exitCode, lastLine } = await enroll(system(), ...option);
      expect(lastLine).toContain(text);
      expect(exitCode).toBe(exit);
      expect(api.requests).toEqual([]);
      expect(device.has('token')).toBe(false);
    });

    it('sends it nothing by a curl that does not check pins', async () => {
      const before = join(folder, 'careless');
      const drops =
        'for a; do shift; case $a in --pinnedpubkey) drop=1; continue;; esac; if [ "${drop-}" ]; then drop=; continue; fi; set -- "$@" "$a"; done';
      addProgram(before, 'curl', `${drops}\nexec ${findProgram('curl')!} "$@"`);
      const { exitCode, lastLine } = await device.agent(
        ['enroll', '--server', api.url, '--address', '10.1.1.4', '--pin', plain.pin],
        { environment: { ...KEY, ...system() }, before },
      );
      expect(lastLine).toContain('this curl cannot check the pin of a key');
      expect(exitCode).toBe(1);
      expect(api.calls()).toEqual(['GET /health/live']);
      expect(api.requests[0]!.credential).toBeUndefined();
    });

    it('is not fooled by another key later on', async () => {
      await enroll(system(), '--no-run', '--pin', plain.pin);
      api.present(await selfSigned(otherKey));
      api.requests.length = 0;
      const { exitCode, lastLine } = await run(system());
      expect(lastLine).toContain('is not trusted');
      expect(exitCode).toBe(1);
      expect(api.requests).toEqual([]);
    });

    it('takes no pin for a server without TLS', async () => {
      const { exitCode, lastLine } = await device.agent(
        ['enroll', '--server', 'http://127.0.0.1:1', '--pin', plain.pin],
        {
          environment: KEY,
        },
      );
      expect(lastLine).toContain('--pin is for a server whose URL begins with https://');
      expect(exitCode).toBe(64);
    });
  });

  describe('when the server has got a public certificate', () => {
    it('goes by that as soon as it is there, also when the key is another one then', async () => {
      await enroll(system(), '--pin', plain.pin);
      api.present(await root.certify(otherKey));
      expect(await run(system(root.pem))).toMatchObject({ exitCode: 0 });
    });

    it('learns the pin over the trusted connection, and the new one after the key was changed', async () => {
      api.present(await root.certify(key));
      offerRoots(root.pem, plain.pin);
      await enroll(system(root.pem));
      expect(pinned()).toBe(plain.pin);
      const other = await root.certify(otherKey);
      api.present(other);
      offerRoots(root.pem, other.pin);
      await run(system(root.pem));
      expect(pinned()).toBe(plain.pin);
      forgetRefresh();
      await run(system(root.pem));
      expect(pinned()).toBe(other.pin);
    });

    it("goes by the roots that the server has given where the system's are too old to know its root", async () => {
      offerRoots(root.pem);
      await enroll(system(), '--pin', plain.pin);
      expect(device.read('roots.pem')).toBe(root.pem);
      api.present(await root.certify(otherKey));
      const { exitCode, stderr } = await run(system());
      expect(stderr).toContain('the bundle of roots that it has given does');
      expect(exitCode).toBe(0);
    });

    it('asks for the roots once a day, and keeps those that it has when they are the same or no roots', async () => {
      offerRoots(root.pem);
      await enroll(system(), '--pin', plain.pin);
      const asked = (): number => api.calls().filter((call) => call === 'GET /roots.pem').length;
      await run(system());
      expect(asked()).toBe(1);
      for (const body of ['<html>', root.pem.slice(0, 300), `${root.pem}-----BEGIN CERTIFICATE-----\n`]) {
        forgetRefresh();
        offerRoots(body);
        expect(await run(system())).toMatchObject({
          exitCode: 0,
          stderr: expect.stringContaining('roots were not kept'),
        });
      }
      forgetRefresh();
      api.script('GET /roots.pem', { status: 304 });
      expect(await run(system())).toMatchObject({ exitCode: 0 });
      expect(asked()).toBe(5);
      expect(device.read('roots.pem')).toBe(root.pem);
    });

    it('takes no public roots on a device that was given its own', async () => {
      const file = join(folder, 'private.pem');
      writeFileSync(file, root.pem);
      api.present(await root.certify(key));
      offerRoots(otherRoot.pem);
      await enroll(system(), '--ca-file', file);
      expect(device.has('roots.pem')).toBe(false);
      api.present(await otherRoot.certify(otherKey));
      expect(await run(system(otherRoot.pem))).toMatchObject({ exitCode: 1 });
    });
  });

  describe('when time has gone by', () => {
    it('renews although its own certificate, the one of the server and the trust have expired, by the pin', async () => {
      api.present(await root.certify(key));
      offerRoots(root.pem, plain.pin);
      await enroll(system(root.pem));
      const serial = device.serial();
      // Four years later; the server could not renew either, and the root is not known any more.
      api.offsetMilliseconds = 4 * 365 * DAY;
      api.present(await otherRoot.certify(key, around(new Date(Date.now() - 3 * DAY))));
      rmSync(device.path('roots.pem'));
      const { exitCode, stderr } = await run(system(root.pem));
      expect(stderr).toContain('the pin of its key does');
      expect(stderr).toContain('of the installed files: the certificate expired');
      expect(exitCode).toBe(0);
      expect(device.serial()).not.toBe(serial);
    });

    /** Enrolled without TLS of the server's own: by roots alone. The device knows the server's time. */
    const enrollByRoots = async (): Promise<void> => {
      api.present(await root.certify(key));
      offerRoots(root.pem);
      await enroll(system(root.pem));
      expect(pinned()).toBeUndefined();
    };
    /** A clock that has begun at 1970 again. */
    const clock = (): string => {
      addProgram(join(folder, 'clock'), 'date', '[ "$*" = +%s ] && echo 61');
      return join(folder, 'clock');
    };

    it('renews with a clock of 1970 by its roots, as of the time that it last knew', async () => {
      await enrollByRoots();
      const serial = device.serial();
      // curl's clock is the real one, which counts as wrong here: the certificate begins in a year.
      api.offsetMilliseconds = 366 * DAY;
      api.present(await root.certify(otherKey, around(api.now)));
      const { exitCode, stderr } = await run(system(), clock());
      expect(stderr).toMatch(/its certificate as of \d{4}-\S+Z does/);
      expect(exitCode).toBe(0);
      expect(device.serial()).not.toBe(serial);
    });

    it('is not fooled by a certificate that had expired by then, is of another root, or for another name', async () => {
      await enrollByRoots();
      for (const pair of [
        await root.certify(otherKey, around(new Date(Date.now() - 10 * DAY))),
        await otherRoot.certify(otherKey, around(new Date(Date.now() + 366 * DAY))),
        await selfSigned(otherKey, around(new Date(Date.now() + 366 * DAY))),
        await root.certify(otherKey, around(new Date(Date.now() + 366 * DAY)), ['elsewhere.test']),
      ]) {
        api.present(pair);
        api.requests.length = 0;
        const { exitCode, lastLine } = await run(system(), clock());
        expect(lastLine).toContain("this device's clock says 1970-01-01T00:01:01Z, which is past: set it");
        expect(exitCode).toBe(75);
        expect(api.requests).toEqual([]);
      }
    });

    it('is not tried with a clock that is right: an expired certificate is just that', async () => {
      await enrollByRoots();
      api.present(await root.certify(otherKey, around(new Date(Date.now() + 366 * DAY))));
      api.requests.length = 0;
      const { exitCode, lastLine } = await run(system(root.pem));
      expect(lastLine).toContain('is not valid now');
      expect(exitCode).toBe(75);
      expect(api.requests).toEqual([]);
    });

    it('does not help a device that never met its server: it needs the pin', async () => {
      api.present(await root.certify(key, around(new Date(Date.now() + 366 * DAY))));
      const options = ['enroll', '--server', api.url, '--address', '10.1.1.4'];
      const environment = { ...KEY, ...system(root.pem) };
      const refused = await device.agent(options, { environment, before: clock() });
      expect(refused.exitCode).toBe(75);
      expect(refused.lastLine).toContain("or pin the server's key (enroll --pin)");
      expect(api.requests).toEqual([]);
      api.offsetMilliseconds = 366 * DAY;
      const enrolled = await device.agent([...options, '--pin', plain.pin], { environment, before: clock() });
      expect(enrolled.exitCode).toBe(0);
    });

    describeWithPeers(['faketime'], 'with a system whose clock is really wrong', () => {
      /** Every program of the device is at this time. */
      const at = (time: string, argv: string[], environment: Record<string, string>): Promise<Result> => {
        const before = join(folder, 'faked');
        for (const name of ['curl', 'openssl', 'date']) {
          // faketime asks date by itself.
          const quiet = 'PATH=/usr/bin:/bin FAKETIME_DONT_FAKE_MONOTONIC=1';
          addProgram(before, name, `${quiet} exec ${findProgram('faketime')!} '${time}' ${findProgram(name)!} "$@"`);
        }
        return device.agent(argv, { environment, before });
      };

      it.each(['1970-01-02 00:00:00', '2071-05-01 00:00:00'])('(%s) renews by the pin', async (time) => {
        offerRoots(root.pem, plain.pin);
        await enroll(system(), '--pin', plain.pin);
        api.present(await root.certify(key));
        api.letRenew();
        expect(await at(time, ['run', '--force'], system())).toMatchObject({ exitCode: 0 });
        expect(device.read('status')).toMatch(/^trust=pin$/m);
        expect(device.serial()).toBe(api.certificate?.serialNumber);
      });

      it('(1970) renews by roots, behind a proxy whose key changes', async () => {
        await enrollByRoots();
        api.present(await root.certify(otherKey));
        api.letRenew();
        const { exitCode, stderr } = await at('1970-01-02 00:00:00', ['run', '--force'], system());
        expect(stderr).toContain('its certificate as of');
        expect(exitCode).toBe(0);
        expect(device.serial()).toBe(api.certificate?.serialNumber);
      });
    });
  });
});
