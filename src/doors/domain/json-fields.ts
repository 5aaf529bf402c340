/**
 * The members of a JSON object by lower-cased name: Go's decoder, which the existing servers use, matches keys in any
 * case, and clients have come to rely on it. Undefined when the octets are not one JSON object.
 */
export function jsonFields(body: Uint8Array | undefined): ReadonlyMap<string, unknown> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body ?? []).toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  return new Map(Object.entries(parsed).map(([key, value]) => [key.toLowerCase(), value]));
}
