import { describe, expect, it } from 'vitest';

import { mailDigest, type MailedEvent } from './mail-digest.js';

const URL = 'https://devices.example.com';

function anEvent(changes: Partial<MailedEvent> = {}): MailedEvent {
  return {
    type: 'certificate.at_risk',
    severity: 'critical',
    subjectId: 'a',
    subjectName: 'a.fleet.test',
    message: 'The certificate of a.fleet.test ends soon.',
    createdAt: new Date('2026-01-01T12:00:00Z'),
    ...changes,
  };
}

describe('mailDigest', () => {
  it('tells one alarm in plain text', () => {
    expect(mailDigest([anEvent()], URL)).toEqual({
      subject: '[fleetcert] critical: certificate.at_risk a.fleet.test',
      body: 'CRITICAL\n- 2026-01-01T12:00:00Z The certificate of a.fleet.test ends soon.\n\nhttps://devices.example.com/\n',
    });
  });

  it('tells many in one mail, worst first', () => {
    const mail = mailDigest(
      [anEvent({ type: 'device.silent', severity: 'warning', subjectId: 'b', message: 'Silent.' }), anEvent()],
      URL,
    );
    expect(mail?.subject).toBe('[fleetcert] critical: certificate.at_risk a.fleet.test (and 1 more)');
    expect(mail?.body).toMatch(/^CRITICAL\n- .*ends soon\.\n\nWARNING\n- .*Silent\./);
  });

  it('tells the end of an alarm', () => {
    const end = anEvent({
      type: 'alarm.resolved',
      severity: 'info',
      alarm: 'certificate.at_risk',
      message: 'Resolved.',
    });
    expect(mailDigest([end], URL)?.subject).toBe('[fleetcert] resolved: certificate.at_risk a.fleet.test');
  });

  it('leaves out what is over already, and sends nothing when nothing is left', () => {
    const end = anEvent({ type: 'alarm.resolved', severity: 'info', alarm: 'certificate.at_risk' });
    expect(mailDigest([anEvent(), end], URL)).toBeUndefined();
    expect(mailDigest([anEvent(), end, anEvent()], URL)?.subject).toContain('critical: certificate.at_risk');
    expect(mailDigest([], URL)).toBeUndefined();
  });

  it('counts what is too much to read', () => {
    const events = Array.from({ length: 1000 }, (_, index) => anEvent({ subjectId: `d${index}` }));
    const mail = mailDigest(events, URL);
    expect(mail?.body.split('\n').length).toBeLessThan(60);
    expect(mail?.body).toContain('and 950 more');
  });

  it('keeps a line break of a reason out of the header and the list', () => {
    const mail = mailDigest([anEvent({ subjectName: 'a\r\nBcc: x@example.com', message: 'one\n\ntwo' })], URL);
    expect(mail?.subject).not.toMatch(/[\r\n]/);
    expect(mail?.body).toContain(' one two\n');
  });
});
