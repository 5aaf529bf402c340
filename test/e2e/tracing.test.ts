import { generateKeyPairSync } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { aCsr, toPem } from '../support/csr-builder.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { PROCESS_ADMIN_TOKEN, type ServerProcess, startServer } from '../support/server-process.js';

const PATIENCE = { timeout: 60_000, interval: 100 };

describe('traces of the shipped server', () => {
  let receiver: OtlpReceiver;
  let server: ServerProcess;
  let device: { name: string; token: string; deviceId: string };
  let orderId: string;
  let csr: string;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    server = await startServer({
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    });
    const enrollmentKey = await server.enrollmentKey();
    device = (await server.api('POST', '/v1/enroll', { enrollmentKey }, '')).body as typeof device;
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    csr = toPem(aCsr({ key, altNames: { dns: [device.name] } }));
    orderId = (await server.api('POST', '/v1/device/orders', { csr }, device.token)).body['orderId'] as string;
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.stop();
  });

  const named = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);
  const ofOrder = (): ReceivedSpan[] => receiver.spans.filter((span) => span.traceId === orderId.replaceAll('-', ''));
  const wholeOrder = (): Promise<ReceivedSpan> =>
    vi.waitFor(() => {
      const root = ofOrder().find((span) => span.name === 'order');
      expect(root).toBeDefined();
      return root!;
    }, PATIENCE);

  it('hold a span for each request, by its route, under the name of the service', async () => {
    await server.api('GET', `/v1/devices/${device.deviceId}?secret=of-a-query`);
    await server.api('GET', '/v1/no-such-call/of-a-path');
    await vi.waitFor(() => {
      expect(named('GET /v1/devices/:id')).toHaveLength(1);
      expect(named('GET').some(({ attributes }) => attributes['http.response.status_code'] === 404)).toBe(true);
    }, PATIENCE);
    const [span] = named('GET /v1/devices/:id');
    expect(span).toMatchObject({
      kind: 2,
      parentSpanId: undefined,
      attributes: { 'http.request.method': 'GET', 'http.route': '/v1/devices/:id', 'http.response.status_code': 200 },
      resource: { 'service.name': 'fleetcert', 'deployment.environment.name': 'test' },
    });
    expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer of-the-collector' });
  });

  it('hold one trace an order, called by its id: the whole, its runs, their steps, and the CA', async () => {
    const root = await wholeOrder();
    expect(root).toMatchObject({
      parentSpanId: undefined,
      isError: false,
      attributes: {
        'fleetcert.order.id': orderId,
        'fleetcert.order.names': [device.name],
        'fleetcert.order.status': 'issued',
      },
    });
    const runs = ofOrder().filter((span) => span.name === 'order run');
    expect(runs.length).toBeGreaterThan(0);
    expect(runs.every(({ parentSpanId }) => parentSpanId === root.spanId)).toBe(true);
    expect(runs.at(-1)!.attributes).toMatchObject({
      'fleetcert.run.end': 'issued',
      'fleetcert.device.id': device.deviceId,
    });
    const below = ofOrder().filter(({ parentSpanId }) => runs.some(({ spanId }) => spanId === parentSpanId));
    for (const step of ['claimed', 'acme-order-stored', 'challenge-confirmed', 'finalized', 'certificate-stored']) {
      expect(below.map(({ name }) => name)).toContain(step);
    }
    const calls = below.filter(({ name }) => name.startsWith('CA '));
    expect(calls.length).toBeGreaterThanOrEqual(5);
    expect(calls[0]).toMatchObject({ kind: 3, attributes: { 'server.address': '127.0.0.1' } });
    for (const { start, end } of [...runs, ...below]) {
      expect(start).toBeLessThanOrEqual(end);
      expect(end).toBeLessThanOrEqual(root.end + 1000);
    }
    expect(root.start).toBeLessThanOrEqual(runs[0]!.start);
  });

  it('take no trace id of a stranger', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await fetch(`${server.url}/v1/zones`, { headers: { traceparent, authorization: `Bearer ${PROCESS_ADMIN_TOKEN}` } });
    await vi.waitFor(() => expect(named('GET /v1/zones')).toHaveLength(1), PATIENCE);
    expect(named('GET /v1/zones')[0]!.traceId).not.toBe('0af7651916cd43dd8448eb211c80319c');
  });

  it('hold no secret: no credential, no query, no body', async () => {
    await wholeOrder();
    expect(receiver.text).not.toMatch(/fc[dko]_[\w-]{8}|Bearer|PRIVATE KEY/);
    expect(receiver.text).not.toContain(device.token);
    expect(receiver.text).not.toContain('of-a-query');
    expect(receiver.text).not.toContain('of-a-path');
    expect(receiver.text).not.toContain(csr.split('\n')[1]);
  });

  it('are sent to the last when the server stops', async () => {
    await server.api('GET', '/v1/limits');
    await server.end();
    expect(named('GET /v1/limits')).toHaveLength(1);
  });
});

describe('a protocol that is not spoken here', () => {
  it('stops the start, by the name of its variable', async () => {
    const server = await startServer({
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      waitUntilReady: false,
    });
    expect(await server.exited).toBe(78);
    expect(server.output()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL: expected http/json');
    await server.stop();
  });
});
