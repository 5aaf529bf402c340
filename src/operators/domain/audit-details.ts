/** What of a call's body is worth keeping, and certainly no secret. Fields that are not named here are left out. */
const KEPT = [
  'action',
  'addresses',
  'algorithm',
  'aliases',
  'address',
  'devices',
  'door',
  'dryRun',
  'events',
  'expectedCount',
  'expiresAt',
  'filter',
  'group',
  'hardwareId',
  'health',
  'ids',
  'includeChain',
  'lastSeenAfter',
  'lastSeenBefore',
  'limit',
  'maxUses',
  'name',
  'note',
  'port',
  'q',
  'reason',
  'remaining',
  'revoke',
  'role',
  'state',
  'tsigKey',
  'ttl',
  'type',
  'types',
  'use',
  'values',
  'wildcard',
  'zone',
] as const;

/** Anything of ours that opens a door, should somebody have pasted it where a note belongs. */
const CREDENTIAL = /\b(?:fc[dko]_|whsec_)[A-Za-z0-9_+/=-]+/g;

const LONGEST_TEXT = 500;
const MOST_ITEMS = 50;

/** The part of a body (or query) that goes into the audit log. */
export function auditDetails(given: unknown): Record<string, unknown> {
  if (typeof given !== 'object' || given === null) return {};
  const body = given as Record<string, unknown>;
  return Object.fromEntries(
    KEPT.filter((field) => Object.hasOwn(body, field)).map((field) => [field, cleaned(body[field], 0)]),
  );
}

function cleaned(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replace(CREDENTIAL, '[redacted]').slice(0, LONGEST_TEXT);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => cleaned(item, depth + 1));
  if (typeof value === 'object' && value !== null) return depth === 0 ? auditDetails(value) : '[…]';
  return value;
}

/** What a call was about: the parameters of its path, or the id of what it made. */
export function auditTarget(parameters: Readonly<Record<string, unknown>>, answer: unknown): string | null {
  const made = (answer ?? {}) as Record<string, unknown>;
  const parts = [...Object.values(parameters), ...(typeof made['id'] === 'string' ? [made['id']] : [])];
  const texts = [...new Set(parts.filter((part) => typeof part === 'string'))];
  return texts.length === 0 ? null : texts.join(' ').replace(CREDENTIAL, '[redacted]').slice(0, LONGEST_TEXT);
}
