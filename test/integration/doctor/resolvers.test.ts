import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Finding } from '../../../src/ddns/doctor/domain/finding.js';
import { Doctor } from '../../../src/ddns/doctor/doctor.js';
import { DnsProbe } from '../../../src/ddns/doctor/dns-probe.js';
import { ServerApi } from '../../../src/ddns/doctor/server-api.js';
import { ADMIN_TOKEN, startApp, type TestApp } from '../../support/app.js';
import { withDatabase } from '../../support/database.js';
import { describeWithPeers } from '../../support/peers.js';
import { startDnsmasq, startUnbound, type RunningResolver } from './resolver-peers.js';

const ZONE = 'fleet.test';

describeWithPeers(['dnsmasq', 'unbound'], 'the doctor behind real resolvers', () => {
  const database = withDatabase();
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(database.url);
  });
  afterAll(() => server.stop());

  async function findingsBehind(resolver: RunningResolver): Promise<Record<string, Finding>> {
    try {
      await answering(resolver);
      const doctor = new Doctor(
        {
          zones: [ZONE],
          nameServers: [{ name: `ns1.${ZONE}`, addresses: ['127.0.0.1'] }],
          nameServerPort: server.dnsPort,
          resolvers: [resolver],
          parent: { address: '127.0.0.1', port: server.dnsPort },
          timeoutMilliseconds: 3000,
          propagationMilliseconds: 1000,
          ca: undefined,
          mayWrite: true,
        },
        new ServerApi(await server.app.getUrl(), ADMIN_TOKEN, 3000),
      );
      return Object.fromEntries((await doctor.examine()).map((finding) => [finding.check, finding]));
    } finally {
      await resolver.stop();
    }
  }

  it.each<[string, () => Promise<RunningResolver>]>([
    ["dnsmasq's --stop-dns-rebind", () => startDnsmasq(server.dnsPort, ['--stop-dns-rebind'])],
    ["Unbound's private-address", () => startUnbound(ZONE, server.dnsPort, ['private-address: 10.0.0.0/8'])],
  ])('finds that %s filters', async (_, start) => {
    const { resolver, rebinding } = await findingsBehind(await start());
    expect(resolver).toMatchObject({ status: 'ok' });
    expect(rebinding).toMatchObject({ status: 'fail' });
  });

  it.each<[string, () => Promise<RunningResolver>]>([
    [
      "dnsmasq's rebind-domain-ok",
      () => startDnsmasq(server.dnsPort, ['--stop-dns-rebind', `--rebind-domain-ok=/${ZONE}/`]),
    ],
    [
      "Unbound's private-domain",
      () => startUnbound(ZONE, server.dnsPort, ['private-address: 10.0.0.0/8', `private-domain: "${ZONE}"`]),
    ],
  ])('finds that %s, as advised, makes the exception', async (_, start) => {
    const { resolver, rebinding } = await findingsBehind(await start());
    expect(resolver).toMatchObject({ status: 'ok' });
    expect(rebinding).toMatchObject({ status: 'ok' });
  });
});

async function answering(resolver: RunningResolver): Promise<void> {
  const probe = new DnsProbe(600);
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const seen = await probe.ask(resolver, { name: ZONE, type: 6, recursion: true });
    if (seen.kind === 'answer' && seen.rcode === 0) return;
    await sleep(100);
  }
  throw new Error('the resolver does not answer');
}
