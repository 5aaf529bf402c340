import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DomainError } from '../../kernel/errors.js';
import { admitAliases, type FormerHolder, MOST_ALIASES, refuseAlias } from './alias.js';

const ZONE = 'fleet.test';

describe('admitAliases', () => {
  it('keeps labels in lower case, sorted, each once, and takes a written-out name for its label', () => {
    expect(admitAliases([' NAS ', 'files', 'nas.fleet.test', 'nas.FLEET.test.'], ZONE)).toEqual(['files', 'nas']);
  });

  it('admits what it has made once more, and nothing that is no host name', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 70 }), { maxLength: MOST_ALIASES }), (texts) => {
        try {
          const admitted = admitAliases(texts, ZONE);
          expect(admitAliases(admitted, ZONE)).toEqual(admitted);
          for (const label of admitted) expect(label).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
          expect((error as DomainError).errors?.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('refuses more than a device may have', () => {
    const many = Array.from({ length: MOST_ALIASES + 1 }, (_, index) => `nas${index}`);
    expect(() => admitAliases(many, ZONE)).toThrow('at most 10 aliases');
  });

  it('refuses a label that makes the name too long', () => {
    const zone = Array.from({ length: 4 }, () => 'a'.repeat(60)).join('.');
    expect(() => admitAliases(['b'.repeat(20)], zone)).toThrow('directly in the zone');
  });
});

describe('refuseAlias', () => {
  const now = new Date('2026-11-21T00:00:00Z');
  const gone: FormerHolder = { deviceName: 'k2v7.fleet.test', isDeleted: true, isHeld: false, isOrdered: false };
  it.each<[string, FormerHolder, string | undefined]>([
    ['held', { ...gone, isDeleted: false, isHeld: true }, 'take it off that device first'],
    ['kept for a device that is there', { ...gone, isDeleted: false }, 'stays reserved'],
    ['in force', { ...gone, certificateUntil: new Date('2026-11-21T00:00:01Z') }, 'until 2026-11-21T00:00:01.000Z'],
    ['on its way', { ...gone, isOrdered: true }, 'on its way'],
    ['over', { ...gone, certificateUntil: now }, undefined],
    ['never certified', gone, undefined],
  ])('says of a name whose former use is %s: %j', (_title, former, part) => {
    const refusal = refuseAlias('nas.fleet.test', former, now);
    if (part === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toContain(part);
  });
});
