import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { AlarmKind, Observation, OpenAlarm } from './alarm.js';
import { alarmChanges } from './alarm-changes.js';

const T0 = new Date('2026-01-01T00:00:00Z');

const after = (seconds: number): Date => new Date(T0.getTime() + seconds * 1000);

function anObservation(kind: AlarmKind = 'certificate.at_risk', id = 'a'): Observation {
  return { kind, subject: { kind: 'device', id, name: `${id}.fleet.test` }, message: 'It is wrong.', data: {} };
}

describe('alarmChanges', () => {
  it('raises what is wrong, once', () => {
    const first = alarmChanges([anObservation()], [], T0);
    expect(first.raised).toHaveLength(1);
    const second = alarmChanges([anObservation()], first.open, after(60));
    expect(second.raised).toEqual([]);
    expect(second.open).toEqual(first.open);
  });

  it('resolves what is over, once', () => {
    const { open } = alarmChanges([anObservation()], [], T0);
    const over = alarmChanges([], open, after(60));
    expect(over.resolved).toEqual(open);
    expect(over.open).toEqual([]);
    expect(alarmChanges([], over.open, after(120)).resolved).toEqual([]);
  });

  it('raises again what comes back', () => {
    const { open } = alarmChanges([anObservation()], [], T0);
    const over = alarmChanges([], open, after(60));
    expect(alarmChanges([anObservation()], over.open, after(120)).raised).toHaveLength(1);
  });

  it('waits out what may pass, and forgets it without a word when it does', () => {
    const seen = alarmChanges([anObservation('ca.unreachable')], [], T0);
    expect(seen.raised).toEqual([]);
    const passed = alarmChanges([], seen.open, after(60));
    expect(passed).toMatchObject({ resolved: [], forgotten: seen.open });
    const stays = alarmChanges([anObservation('ca.unreachable')], seen.open, after(120));
    expect(stays.raised).toMatchObject([{ observedAt: T0, raisedAt: after(120) }]);
  });

  it('counts the same thing seen twice as one, and tells subjects and kinds apart', () => {
    const { raised } = alarmChanges(
      [anObservation(), anObservation(), anObservation('certificate.expired'), anObservation(undefined, 'b')],
      [],
      T0,
    );
    expect(raised).toHaveLength(3);
  });

  it('keeps the newest words of what goes on being wrong', () => {
    const { open } = alarmChanges([anObservation()], [], T0);
    const later = alarmChanges([{ ...anObservation(), message: 'Worse.' }], open, after(60));
    expect(later.open).toMatchObject([{ message: 'Worse.', observedAt: T0, raisedAt: T0 }]);
  });

  it('raises and resolves each alarm in turn, whatever is seen', () => {
    const kinds = fc.constantFrom<AlarmKind>('certificate.at_risk', 'ca.unreachable', 'secondary.behind');
    const look = fc.array(fc.record({ kind: kinds, id: fc.constantFrom('a', 'b') }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.record({ look, seconds: fc.nat(300) }), { maxLength: 30 }), (looks) => {
        let open: readonly OpenAlarm[] = [];
        let seconds = 0;
        const told = new Set<string>();
        for (const step of looks) {
          seconds += step.seconds;
          const seen = step.look.map(({ kind, id }) => anObservation(kind, id));
          const changes = alarmChanges(seen, open, after(seconds));
          for (const { kind, subject } of changes.raised) {
            expect(told.has(kind + subject.id)).toBe(false);
            told.add(kind + subject.id);
          }
          for (const { kind, subject } of changes.resolved) expect(told.delete(kind + subject.id)).toBe(true);
          open = changes.open;
          expect(told).toEqual(new Set(open.filter((a) => a.raisedAt).map((a) => a.kind + a.subject.id)));
        }
      }),
    );
  });
});
