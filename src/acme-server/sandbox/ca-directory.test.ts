import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { addSeconds } from '../../kernel/clock.js';
import { openCaDirectory } from './ca-directory.js';
import { openListenerCertificate } from './listener-certificate.js';

const NOW = new Date();
const DAY = 86_400;

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'fleetcert-ca-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

describe('the CA’s folder', () => {
  it('is made once, and read from then on', async () => {
    const first = await openCaDirectory(data, NOW);
    const second = await openCaDirectory(data, NOW);
    expect([first.made, second.made]).toEqual([true, false]);
    expect(second.material.root.certificate.equal(first.material.root.certificate)).toBe(true);
    expect(second.material.intermediate.privateKey.type).toBe('private');
  });

  it('keeps private keys to its owner', async () => {
    const { directory } = await openCaDirectory(data, NOW);
    const files = await readdir(directory);
    expect(files).toContain('ca-root.pem');
    expect(files).toContain('ca-tls-root.pem');
    const isPrivate = await Promise.all(
      files.map(async (file) => (await readFile(join(directory, file), 'utf8')).includes('PRIVATE KEY')),
    );
    const keys = files.filter((_, index) => isPrivate[index]);
    expect(keys).toEqual(files.filter((file) => file.endsWith('-key.pem')));
    for (const file of keys) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  });

  it('is made anew when an earlier process was killed while it made one', async () => {
    const { directory } = await openCaDirectory(data, NOW);
    await rename(directory, join(data, 'sandbox-ca-new-abcdef'));
    expect((await openCaDirectory(data, NOW)).made).toBe(true);
    expect(await readdir(data)).toEqual(['sandbox-ca']);
  });

  it('is made anew before its certificates would outlive it', async () => {
    await openCaDirectory(data, NOW);
    expect((await openCaDirectory(data, addSeconds(NOW, 9 * 365 * DAY))).made).toBe(false);
    expect((await openCaDirectory(data, addSeconds(NOW, 10 * 365 * DAY))).made).toBe(true);
  });

  it('is not overwritten when it cannot be read: the operator is told', async () => {
    const { directory } = await openCaDirectory(data, NOW);
    await writeFile(join(directory, 'ca-root.pem'), 'not a certificate');
    await expect(openCaDirectory(data, NOW)).rejects.toThrow(`${directory} does not hold a CA`);
  });
});

describe('the listener’s certificate', () => {
  const HOSTS = ['localhost', '127.0.0.1', '::1'];

  it('is kept while it is good for long, and private', async () => {
    const { directory, material } = await openCaDirectory(data, NOW);
    const first = await openListenerCertificate(directory, material.tlsRoot, HOSTS, NOW);
    const again = await openListenerCertificate(directory, material.tlsRoot, HOSTS, addSeconds(NOW, 59 * DAY));
    expect(again).toEqual({ ...first, notAfter: again.notAfter });
    expect((await stat(join(directory, 'ca-tls-server.pem'))).mode & 0o777).toBe(0o600);
  });

  it('is made anew a month before its end, for other hosts, and below another root', async () => {
    const { directory, material } = await openCaDirectory(data, NOW);
    const { cert } = await openListenerCertificate(directory, material.tlsRoot, HOSTS, NOW);
    const later = await openListenerCertificate(directory, material.tlsRoot, HOSTS, addSeconds(NOW, 61 * DAY));
    expect(later.cert).not.toBe(cert);
    const other = await openListenerCertificate(directory, material.tlsRoot, [...HOSTS, '10.0.0.1'], NOW);
    expect(other.cert).not.toBe(later.cert);
    const below = await openListenerCertificate(directory, material.root, HOSTS, NOW);
    expect(below.cert).not.toBe(other.cert);
  });

  it('is made anew when its file is broken', async () => {
    const { directory, material } = await openCaDirectory(data, NOW);
    await writeFile(join(directory, 'ca-tls-server.pem'), 'broken');
    const { cert } = await openListenerCertificate(directory, material.tlsRoot, HOSTS, NOW);
    expect(cert).toContain('BEGIN CERTIFICATE');
  });
});
