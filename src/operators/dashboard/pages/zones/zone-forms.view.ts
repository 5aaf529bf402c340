import type { ListedTsigKey } from '../../../../ddns/transfer/tsig-keys.js';
import { TSIG_ALGORITHMS } from '../../../../ddns/wire/tsig-key.js';
import { TEXT_TYPES } from '../../../../ddns/wire/rdata-text.js';
import { typeName } from '../../../../ddns/domain/rr-type.js';
import { choice, csrfField, field, textArea } from '../../html/form.js';
import { html, type Html } from '../../html/html.js';
import type { FormFields } from '../../http/form-fields.js';
import type { Session } from '../../session/session.js';

const DEFAULT_TTL_SECONDS = '3600';
const DNS_PORT = '53';

/** Adds or replaces an RRset. `entered`: what was entered before and refused. */
export function recordForm(session: Session, zone: string, entered?: FormFields): Html {
  const types = TEXT_TYPES.map((type) => [typeName(type), typeName(type)] as const);
  return html`<details${entered && html` open`}><summary>Add or replace records</summary>
    <form method="post" action="/zones/${zone}/records" class="fields">
      ${csrfField(session)}
      ${field('record-name', 'name', 'Name', { value: entered?.raw('name'), isRequired: true, longest: 255, hint: 'Relative to the apex; @ is the apex.' })}
      ${choice('record-type', 'type', 'Type', types, entered?.raw('type'))}
      ${field('record-ttl', 'ttl', 'TTL in seconds', { value: entered?.raw('ttl') ?? DEFAULT_TTL_SECONDS, type: 'number', isRequired: true, least: 0, most: 2_147_483_647 })}
      ${textArea('record-values', 'values', 'Values', entered?.raw('values') ?? '', 'One a line, as in a zone file. They replace those of the same name and type.')}
      <button class="primary">Save the records</button>
    </form></details>`;
}

/** Lets a server transfer the zone. */
export function secondaryForm(
  session: Session,
  zone: string,
  keys: readonly ListedTsigKey[],
  entered?: FormFields,
): Html {
  const known = [['', 'none'], ...keys.map(({ name }) => [name, name] as const)] as const;
  return html`<details${entered && html` open`}><summary>Add a secondary</summary>
    <form method="post" action="/zones/${zone}/secondaries" class="fields">
      ${csrfField(session)}
      ${field('secondary-address', 'address', 'Address', { value: entered?.raw('address'), isRequired: true, longest: 64 })}
      ${field('secondary-port', 'port', 'Port', { value: entered?.raw('port') ?? DNS_PORT, type: 'number', isRequired: true, least: 1, most: 65_535 })}
      ${choice('secondary-key', 'tsigKey', 'Transfer key', known, entered?.raw('tsigKey'))}
      <button class="primary">Add the secondary</button>
    </form></details>`;
}

/** Makes a transfer key. */
export function tsigKeyForm(session: Session, zone: string, entered?: FormFields): Html {
  const algorithms = TSIG_ALGORITHMS.map((algorithm) => [algorithm, algorithm] as const);
  return html`<details${entered && html` open`}><summary>Make a transfer key</summary>
    <form method="post" action="/zones/${zone}/tsig-keys" class="fields">
      ${csrfField(session)}
      ${field('key-name', 'name', 'Name of the key', { value: entered?.raw('name'), isRequired: true, longest: 255, hint: 'A domain name, such as ns2.example.com.' })}
      ${choice('key-algorithm', 'algorithm', 'Algorithm', algorithms, entered?.raw('algorithm'))}
      <button class="primary">Make the key</button>
    </form></details>`;
}
