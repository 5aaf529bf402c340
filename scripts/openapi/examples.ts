import { referredName, type Schema } from './schema.js';

/** Of bodies whose fields do not all go together. */
const BODIES: Readonly<Record<string, unknown>> = {
  BulkActionDto: { action: 'suspend', filter: { group: 'rack-1' }, dryRun: true },
  DeviceChangesDto: { note: 'third shelf', group: 'rack-1', aliases: ['nas'] },
  NewAccessDto: { door: 'rfc2136', types: ['TXT'] },
  NewEnrollmentKeyDto: { maxUses: 50, expiresAt: '2027-01-31T00:00:00Z', group: 'rack-1', note: 'first rack' },
  PrimedLimitDto: { limit: 'certificates-per-domain', subject: 'example.com', remaining: 12 },
};

const BULK_JOB = {
  id: '3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44',
  action: 'suspend',
  parameters: {},
  filter: { group: 'rack-1' },
  state: 'running',
  total: 120,
  done: 40,
  unchanged: 2,
  failed: 0,
  cancelled: 0,
  pending: 78,
  operatorId: 'admin-token',
  createdAt: '2026-11-02T09:30:00.000Z',
  endedAt: null,
};

/** Of parts of components, by path: numbers that add up, and states that go together. */
const PARTS: Readonly<Record<string, unknown>> = {
  BulkJob: BULK_JOB,
  BulkPreview: {
    dryRun: true,
    action: 'suspend',
    count: 120,
    sample: [{ deviceId: '0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a', name: 'k2v7q4m3xw5t.d.example.com' }],
  },
  'DeviceAnswer.order': {
    orderId: '8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f',
    status: 'issued',
    names: ['k2v7q4m3xw5t.d.example.com'],
  },
  'DeviceItem.order': { orderId: '8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f', status: 'issued', reason: null },
  'FleetSummary.devices': { total: 20_417, active: 20_415, suspended: 2, cloneSuspected: 0 },
  'FleetSummary.certificates': { ok: 20_120, renewing: 240, 'at-risk': 3, expired: 1, none: 51, failing: 2 },
  'FleetSummary.queue': {
    queued: 52,
    issuing: 10,
    deferred: 12,
    reasons: [{ reason: 'It waits for the limit of certificates a registered domain (example.com).', orders: 52 }],
  },
  'FleetForecast.options': [
    {
      kind: 'override',
      what: 'An override of the limit of certificates a registered domain, to 1,000 in 7 days',
      endsAt: '2026-12-05T08:00:00.000Z',
    },
  ],
  'EventItem.subject': {
    kind: 'device',
    id: '0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a',
    name: 'k2v7q4m3xw5t.d.example.com',
  },
};

/** An example of each field, by its name, or by its component and name where the name alone does not tell. */
const FIELDS: Readonly<Record<string, unknown>> = {
  'AccountAtCa.status': 'valid',
  accessId: '5b0c6a1e-9a0f-4b7a-8f65-2d6f4a2a7c31',
  action: 'POST /v1/devices/:id/suspend',
  address: '192.0.2.54',
  addresses: ['10.1.1.4', 'fd00::4'],
  algorithm: 'hmac-sha256',
  aliases: [],
  allowedPerDay: 7.13,
  at: '2026-11-02T09:30:00.000Z',
  attempts: 1,
  capacity: 50,
  certificateUrl: 'https://devices.example.com/v1/device/certificate',
  checks: { database: 'ok', dns: 'ok', zones: 'ok' },
  clientAddress: '198.51.100.7',
  committedSerial: 4711,
  createdAt: '2026-11-02T09:30:00.000Z',
  csr: '-----BEGIN CERTIFICATE REQUEST-----\nMIH…\n-----END CERTIFICATE REQUEST-----\n',
  data: { sha256: '5f1c…' },
  details: { group: 'rack-1' },
  deviceId: '0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a',
  devices: 5000,
  door: 'rfc2136',
  endedAt: null,
  endsAt: '2027-01-14T08:00:00.000Z',
  enrolledAt: '2026-11-02T09:30:00.000Z',
  error: null,
  estimatedAt: '2026-11-02T09:32:00.000Z',
  eventId: '1042',
  events: ['certificate.issued'],
  expiresAt: '2027-01-31T00:00:00.000Z',
  failures: 0,
  group: 'rack-1',
  hardwareId: 'SN-20417',
  id: '3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44',
  'EventItem.id': '1042',
  'ListedAuditEntry.id': '87',
  key: 'fck_…',
  keyName: 'k2v7q4m3xw5t-1.d.example.com',
  label: 'k2v7q4m3xw5t',
  lastSeenAt: '2026-11-02T11:02:13.000Z',
  level: 42,
  limit: 'certificates-per-domain',
  lifetimeSeconds: 3_888_000,
  maxUses: 50,
  message: 'k2v7q4m3xw5t.d.example.com got a certificate',
  name: 'k2v7q4m3xw5t.d.example.com',
  'FixedRecords.name': 'www',
  'CreatedTsigKey.name': 'ns2.example.com',
  'ListedTsigKey.name': 'ns2.example.com',
  nameServers: ['ns1.d.example.com'],
  names: ['k2v7q4m3xw5t.d.example.com'],
  'ZoneItem.names': 20_417,
  nextAttemptAt: '2026-11-02T09:35:00.000Z',
  nextCursor: null,
  notAfter: '2026-12-17T09:30:00.000Z',
  notBefore: '2026-11-02T09:30:00.000Z',
  note: 'first rack',
  operatorId: '3b9d2f60-6f5b-4d0a-9c87-5a1e8f2b7d44',
  orderId: '8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f',
  orders: 12,
  outcome: 'done',
  part: 0.61,
  pem: '-----BEGIN CERTIFICATE-----\nMII…\n-----END CERTIFICATE-----\n',
  port: 53,
  reason: 'It waits for the limit of certificates a registered domain (example.com).',
  'RevocationAnswer.reason': 'cessationOfOperation',
  reasonCode: 'limit',
  refillSeconds: 12_096,
  renewAt: '2026-12-02T09:30:00.000Z',
  requestId: 'b1946ac9-2492-4d23-9d49-4f9c1f2a3b5c',
  reserved: 2,
  retried: 3,
  revokedAt: '2026-11-02T10:00:00.000Z',
  secondsLeft: 3_880_000,
  secondsUntilFull: 96_768,
  secret: '…',
  serial: '04c5f1a2b3d4e5f60718293a4b5c6d7e8f90',
  'ZoneItem.serial': 4711,
  'FleetSummary.zones.serial': 4711,
  'ListedSecondary.serial': 4711,
  server: '192.0.2.53',
  server_url: 'https://devices.example.com/acme-dns',
  serverTime: '2026-11-02T11:02:14.000Z',
  sha256: '5f1c0c1ba0d1f3bb1d5a6c9c5e4b3a2918273645fedcba98765432100f1e2d3c',
  state: 'active',
  status: 'active',
  'OrderItem.status': 'deferred',
  subject: 'example.com',
  tat: null,
  target: '0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a',
  title: 'certificates of a registered domain',
  token: 'fcd_…',
  total: 20_417,
  tsigKey: 'ns2.example.com',
  ttl: 3600,
  type: 'A',
  'EventItem.type': 'certificate.issued',
  'ListedDelivery.type': 'certificate.issued',
  types: ['TXT'],
  updatedAt: '2026-11-02T09:32:00.000Z',
  url: 'https://hooks.example.com/fleetcert',
  usedPerDay: 4.35,
  uses: 12,
  values: ['192.0.2.7'],
  what: 'An override of the limit of certificates a registered domain, to 1,000 in 7 days',
  zone: 'd.example.com',
  accountUrl: 'https://acme-v02.api.letsencrypt.org/acme/acct/1234567',
  ca: 'letsencrypt',
  cloneSuspectedAt: null,
  contact: 'ops@example.com',
  dead: 0,
  deferred: 12,
  detail: 'The order is issued; there is nothing to retry.',
  directoryUrl: 'https://acme-v02.api.letsencrypt.org/directory',
  eabKid: null,
  established: 20_364,
  keyChangedAt: null,
  keySha256: '9f2c41d07be8a6350c1e7f4b2d8a9036571c0e4f8b6a2d13907e5c4f1a8b3d62',
  lastError: null,
  lastStatus: 204,
  pending: 0,
  renewalsPerDay: 678.9,
  replaceAllSeconds: 40_834,
  resumed: 1,
  role: 'operator',
  rolloverPendingSince: null,
  waiting: 52,
  'ListedAuditEntry.status': 200,
  'ListedDelivery.state': 'delivered',
};

const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-11-02T09:30:00.000Z',
  uuid: '0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a',
};

/**
 * A value of the schema that reads like a real one, put together from the fields' examples.
 * @param path the component and the fields below it, such as `OrderItem.status`
 */
export function exampleOf(schema: Schema, components: ReadonlyMap<string, Schema>, path = ''): unknown {
  const name = referredName(schema);
  if (name !== undefined) return BODIES[name] ?? PARTS[name] ?? exampleOf(components.get(name) ?? {}, components, name);
  if (path in PARTS) return PARTS[path];
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  const given = ownExample(schema, path);
  if (given !== undefined) return given;
  if (schema.enum) return schema.enum[0];
  if (schema.allOf)
    return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, components, path))) as object;
  if (schema.anyOf) return exampleOf(schema.anyOf[0]!, components, path);
  switch (Array.isArray(schema.type) ? (schema.type as string[])[0] : schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([field, one]) => [
          field,
          exampleOf(one, components, path ? `${path}.${field}` : field),
        ]),
      );
    case 'array':
      return schema.items ? [exampleOf(schema.items, components, path)] : [];
    case 'string':
      return BY_FORMAT[schema.format ?? ''] ?? 'text';
    case 'number':
    case 'integer':
      return 3;
    case 'boolean':
      return false;
    default:
      return null;
  }
}

/** The most telling one: by the whole path, by component and field, by the field's name; it has to fit the schema. */
function ownExample(schema: Schema, path: string): unknown {
  const parts = path.split('.');
  const keys = [path, `${parts[0]}.${parts.at(-1)}`, parts.at(-1)!];
  return keys.map((key) => FIELDS[key]).find((example) => example !== undefined && fits(example, schema));
}

function fits(example: unknown, schema: Schema): boolean {
  if (schema.enum) return schema.enum.includes(example as string);
  if (schema.format === 'uuid' && !/^[0-9a-f-]{36}$/.test(String(example))) return false;
  const type = example === null ? 'null' : Array.isArray(example) ? 'array' : typeof example;
  const isOf = [schema.type ?? []].flat().some((one) => one === type || (one === 'integer' && type === 'number'));
  if (!isOf || type === 'object') return isOf && !schema.properties;
  return type !== 'array' || (example as unknown[]).every((item) => fits(item, schema.items ?? {}));
}
