import { addressFromBytes } from '../../../kernel/ip-address.js';
import { presentName, type WireName } from '../../domain/name.js';
import { Rrset } from '../../domain/rrset.js';
import { TYPE } from '../../domain/rr-type.js';
import type { RecordOwner } from '../../domain/stored-rrset.js';
import type { RrsetReplacement } from '../../domain/zone-diff.js';
import type { ZoneEdit } from '../../domain/zone-edit.js';
import { evaluateUpdate } from './evaluate-update.js';
import type { UpdateGrant } from './update-grant.js';
import type { UpdateRefusal, UpdateRequest, UpdateZone } from './update-request.js';

/** The most TXT values that a device's clients may have in the zone at once; a certificate has at most 100 names. */
export const MAX_TXT_VALUES = 128;

/** A challenge has 44 octets. */
const MAX_TXT_OCTETS = 512;

/** Who owns the TXT values that a device's clients put into the zone by UPDATE. */
export function updateOwner(deviceId: string): RecordOwner {
  return `update:${deviceId}`;
}

export interface UpdateEdit {
  readonly refusal?: UpdateRefusal;
  /** What the device's addresses shall be, when the update changes them; publishing them is left to the caller. */
  readonly addresses?: readonly string[];
}

/**
 * Makes the changes of an UPDATE in a zone. A client adds and removes its own TXT values; those of an order of ours at
 * the same name stay, whatever it removes: otherwise `update delete`, which lego sends first of all, would take our
 * challenge away while the CA looks for it.
 *
 * @param edit its scope has the device's subtree, the names of the prerequisites and the owner's TXT values.
 */
export function editByUpdate(edit: ZoneEdit, request: UpdateRequest, grant: UpdateGrant, deviceId: string): UpdateEdit {
  const owner = updateOwner(deviceId);
  const outcome = evaluateUpdate(request, edit, grant, new OwnValues(edit, owner));
  if (outcome.rcode !== 'NOERROR') return { refusal: outcome };
  const { replacements } = outcome;
  for (const replacement of replacements) {
    if (replacement.type === TYPE.TXT) putTxt(edit, replacement, owner);
  }
  const refusal = checkQuota(edit, replacements, grant.device, owner);
  if (refusal) return { refusal };
  const changesAddresses = replacements.some(({ type }) => type === TYPE.A || type === TYPE.AAAA);
  return changesAddresses ? { addresses: addressesAfter(edit, replacements, grant.device) } : {};
}

/** The zone as it would be if nobody but this owner had put TXT values into it. */
class OwnValues implements UpdateZone {
  readonly apex: WireName;

  constructor(
    private readonly edit: ZoneEdit,
    private readonly owner: RecordOwner,
  ) {
    this.apex = edit.apex;
  }

  rrsets(name: WireName): readonly Rrset[] {
    const stored = this.edit.find(name, TYPE.TXT);
    const others = this.edit.rrsets(name).filter(({ type }) => type !== TYPE.TXT);
    const own = stored?.values.filter((value) => value.owner === this.owner) ?? [];
    if (!stored || own.length === 0) return others;
    return [
      ...others,
      Rrset.of(
        TYPE.TXT,
        stored.ttl,
        own.map(({ rdata }) => rdata),
      ),
    ];
  }
}

function putTxt(edit: ZoneEdit, { name, rrset }: RrsetReplacement, owner: RecordOwner): void {
  const stored = edit.find(name, TYPE.TXT);
  const others = stored?.values.filter((value) => value.owner !== owner) ?? [];
  const own = rrset?.rdatas().map((rdata) => ({ rdata, owner })) ?? [];
  edit.put(name, TYPE.TXT, rrset?.ttl ?? stored?.ttl ?? 0, [...others, ...own]);
}

function checkQuota(
  edit: ZoneEdit,
  replacements: readonly RrsetReplacement[],
  device: WireName,
  owner: RecordOwner,
): UpdateRefusal | undefined {
  const fresh = replacements.flatMap(({ type, rrset }) => (type === TYPE.TXT ? (rrset?.rdatas() ?? []) : []));
  if (fresh.some(({ length }) => length > MAX_TXT_OCTETS)) {
    return { rcode: 'REFUSED', detail: `a TXT record has more than ${MAX_TXT_OCTETS} octets` };
  }
  const values = edit.ofTxtOwner(owner).flatMap((rrset) => rrset.values.filter((value) => value.owner === owner));
  if (values.length <= MAX_TXT_VALUES) return undefined;
  return { rcode: 'REFUSED', detail: `${presentName(device)} would have more than ${MAX_TXT_VALUES} TXT values` };
}

function addressesAfter(edit: ZoneEdit, replacements: readonly RrsetReplacement[], device: WireName): string[] {
  return [TYPE.A, TYPE.AAAA].flatMap((type) => {
    const replacement = replacements.find((candidate) => candidate.name === device && candidate.type === type);
    const rrset = replacement ? replacement.rrset : edit.rrsets(device).find((existing) => existing.type === type);
    return rrset?.rdatas().map(addressFromBytes) ?? [];
  });
}
