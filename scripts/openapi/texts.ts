/** What the description says of the API as a whole. */
export const DESCRIPTION = `Names and publicly trusted certificates for devices on private addresses.

Bodies and answers are JSON, times ISO 8601 in UTC. Unknown fields of a body are refused. Lists answer \`{items, nextCursor}\`;
\`?cursor=\` with the \`nextCursor\` of the page before goes on, and \`nextCursor\` is null at the end.

Errors are problem documents (RFC 9457, \`application/problem+json\`): programs look at \`type\`
(\`urn:fleetcert:problem:\` and a code that stays), people read \`detail\`. Where waiting helps there is \`Retry-After\`.
A path that is no call answers 404 \`not_found\`. Every answer has \`X-Request-Id\`, which the server's log has too.

Devices have a credential of their own (\`fcd_…\`, from \`POST /v1/enroll\`), operators one with a role (\`fco_…\`):
\`viewer\` sees, \`operator\` also acts on devices, keys and records, \`admin\` does everything.`;

export const SECURITY_SCHEMES = {
  deviceToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The credential of one device, `fcd_…`: answered by `POST /v1/enroll`, renewed by `POST /v1/device/token`.',
  },
  operatorToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      "An operator's credential, `fco_…`: the bootstrap token, or one made by `POST /v1/api-keys`. Each call names the least role that it needs.",
  },
};

export const TAGS = [
  { name: 'device', description: 'What a device does for itself' },
  { name: 'operators', description: 'What operators see and steer' },
  { name: 'zones', description: 'Records, transfer keys and secondaries' },
  { name: 'health', description: 'For monitoring' },
];

/** Parameters of paths, by name. */
export const PATH_PARAMETERS: Readonly<Record<string, { readonly description: string; readonly example?: string }>> = {
  accessId: { description: 'Of the list of accesses', example: '5b0c6a1e-9a0f-4b7a-8f65-2d6f4a2a7c31' },
  id: { description: 'Its identifier, as the list tells it' },
  name: { description: 'The name of the key', example: 'ns2.example.com' },
  orderId: { description: 'As the order was answered', example: '8c1f4d7e-2b3a-4c5d-8e9f-0a1b2c3d4e5f' },
  zone: { description: 'A zone that is served', example: 'd.example.com' },
};

/** Parameters of queries and fields of bodies that mean the same wherever they are, by name. */
export const FIELDS: Readonly<Record<string, string>> = {
  action: 'What to do to each of the devices',
  address: 'An IP address',
  addresses: 'The addresses that DNS answers the name with, within the address policy of the server',
  algorithm: 'Of TSIG: hmac-sha256, hmac-sha384 or hmac-sha512',
  door: 'The protocol that the client speaks',
  expiresAt: 'When it ends; absent: never',
  group: 'The group of devices',
  id: 'Its identifier, as the list tells it',
  ids: 'Identifiers of devices',
  kind: 'What the alarm is about, such as `at-risk`',
  limit: 'So many at most',
  name: 'Its name, as the list tells it',
  note: 'For people',
  outcome: 'What became of them',
  port: 'UDP and TCP',
  role: 'What it may do; each role may do all that the one before it may',
  state: 'Only those in this state',
  type: 'The type of the records, such as A or TXT',
  url: 'Where events are posted to: https, and no address of a private network',
  use: 'What the key is for',
};

/** Of answers that are texts, by media type. */
export const TEXT_EXAMPLES: Readonly<Record<string, string>> = {
  'application/x-pem-file': '-----BEGIN CERTIFICATE-----\nMII…\n-----END CERTIFICATE-----\n',
  'text/csv': 'deviceId,name\r\n0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a,k2v7q4m3xw5t.d.example.com\r\n',
  'application/x-ndjson': '{"deviceId":"0199f1c2-7a53-4d8e-9a53-3f1f0d3c2b1a","name":"k2v7q4m3xw5t.d.example.com"}\n',
};
