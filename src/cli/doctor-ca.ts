import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { rootCertificates } from 'node:tls';

import type { ExpectedCa } from '../ddns/doctor/domain/caa-check.js';
import { readDirectory } from '../issuer/acme/acme-directory.js';
import type { AcmeConfig } from '../platform/config/app-config.js';

const MAX_OCTETS = 1 << 20;

/** How the configured CA is called in CAA records, from its directory; undefined when that cannot be read. */
export async function expectedCa(acme: AcmeConfig, timeoutMilliseconds: number): Promise<ExpectedCa | undefined> {
  try {
    const trusted = acme.caFile === undefined ? undefined : [...rootCertificates, await readFile(acme.caFile, 'utf8')];
    const document = JSON.parse(await fetchText(acme.directoryUrl, trusted, timeoutMilliseconds)) as Record<
      string,
      unknown
    >;
    const identities = readDirectory(document, acme.directoryUrl).meta.caaIdentities;
    return { identities: identities.map((identity) => identity.toLowerCase()), host: new URL(acme.directoryUrl).host };
  } catch {
    return undefined;
  }
}

/** fetch() cannot be told whom to trust. */
function fetchText(url: string, ca: string[] | undefined, timeoutMilliseconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    const request = get(url, { ca, signal, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_OCTETS) request.destroy(new Error('the directory is too large'));
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}
