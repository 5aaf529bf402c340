import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeWithPeers, program } from '../support/peers.js';
import {
  canIsolate,
  NETWORK_PROGRAMS,
  startIsolatedInternet,
  ZONE,
  type IsolatedInternet,
} from './zonemaster-network.js';

const DOCUMENTATION = new URL('../../docs/zonemaster.md', import.meta.url);

interface Message {
  readonly level: string;
  readonly module: string;
  readonly testcase: string;
  readonly tag: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const isPossible = process.env['FLEETCERT_REQUIRE_PEERS'] === '1' || (await canIsolate());
const peers = isPossible ? ['zonemaster-cli', ...NETWORK_PROGRAMS] : ['a network namespace of its own (needs root)'];

describeWithPeers(peers, 'Zonemaster, in an internet of its own', () => {
  let internet: IsolatedInternet;
  let messages: readonly Message[];

  beforeAll(async () => {
    internet = await startIsolatedInternet();
    const output = await internet.run(program('zonemaster-cli'), [
      '--hints',
      internet.hintsFile,
      '--level',
      'INFO',
      '--json',
      '--show-testcase',
      ZONE,
    ]);
    messages = JSON.parse(output) as readonly Message[];
  });
  afterAll(() => internet?.stop());

  it('reaches both name servers and finishes its modules', () => {
    expect(messages.filter(({ tag }) => tag === 'HAS_NAMESERVERS').map(({ args }) => args['ns'])).toHaveLength(4);
    const modules = new Set(messages.map(({ module }) => module));
    for (const module of ['ADDRESS', 'BASIC', 'CONSISTENCY', 'DELEGATION', 'DNSSEC', 'NAMESERVER', 'SYNTAX', 'ZONE']) {
      expect(modules).toContain(module);
    }
  });

  it('has nothing above NOTICE to say', () => {
    expect(messages.filter(({ level }) => !['DEBUG', 'INFO', 'NOTICE'].includes(level))).toEqual([]);
  });

  it('has no notice to give that docs/zonemaster.md does not explain', () => {
    const explained = [...readFileSync(DOCUMENTATION, 'utf8').matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, tag]) => tag);
    const notices = messages.filter(({ level }) => level === 'NOTICE');
    expect(notices.length).toBeGreaterThan(0);
    expect(notices.filter(({ tag }) => !explained.includes(tag))).toEqual([]);
  });

  it('finds that nobody may transfer the zone, and that the server is no open resolver', () => {
    const tags = messages.map(({ tag }) => tag);
    expect(tags.filter((tag) => tag === 'AXFR_FAILURE')).toHaveLength(4);
    expect(tags.filter((tag) => tag === 'NO_RECURSOR')).toHaveLength(4);
    expect(tags).toContain('EDNS0_SUPPORT');
    expect(tags).toContain('ONE_SOA_SERIAL');
  });
});
