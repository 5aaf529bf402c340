import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

let cached: string | undefined;

/** What the CA sees us as (RFC 8555 section 6.1): `fleetcert/` and the version in package.json. */
export function userAgent(): string {
  if (cached === undefined) {
    const file = findPackageJSON('.', import.meta.url);
    if (file === undefined) throw new Error('package.json is missing');
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    cached = `fleetcert/${version}`;
  }
  return cached;
}
