import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { CHECKS, Verdict } from '../ddns/doctor/domain/finding.js';
import { rebindingExceptions } from '../ddns/doctor/domain/rebinding-exceptions.js';
import { doctorCommand } from './doctor.js';
import { parseSeconds, readServerAddress } from './doctor-options.js';
import { findingsText } from './doctor-output.js';

const DOCUMENTATION = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');

describe('readServerAddress', () => {
  it.each([
    ['192.0.2.1', { address: '192.0.2.1', port: 53 }],
    ['192.0.2.1:5353', { address: '192.0.2.1', port: 5353 }],
    ['2001:db8::1', { address: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]', { address: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]:5353', { address: '2001:db8::1', port: 5353 }],
    ['resolver.example', undefined],
    ['192.0.2.1:0', undefined],
    ['192.0.2.1:65536', undefined],
    ['[192.0.2.1]:53', undefined],
    ['192.0.2:53', undefined],
    ['', undefined],
  ])('reads %j', (text, wanted) => {
    expect(readServerAddress(text)).toEqual(wanted);
  });
});

describe('parseSeconds', () => {
  it('takes parts of seconds, and no nonsense', () => {
    expect(parseSeconds('0.5')).toBe(0.5);
    for (const text of ['0', '301', '-1', '1e2', 'soon', '']) expect(() => parseSeconds(text)).toThrow('seconds');
  });
});

describe('findingsText', () => {
  const advice = 'Do this.';
  const text = findingsText([
    new Verdict('server', 'http://a').ok('ready'),
    new Verdict('delegation', 'z').fail('wrong', advice, '  line'),
    new Verdict('delegation', 'y').fail('wrong', advice, '  line'),
    new Verdict('resolver', 'z').skipped('not looked at'),
  ]);

  it('shows a line a finding, with its advice once, and counts', () => {
    expect(text.split('\n')).toEqual([
      'ok    server      http://a: ready',
      'FAIL  delegation  z: wrong',
      '                  -> Do this.',
      '                       line',
      'FAIL  delegation  y: wrong',
      '                  -> as above',
      'skip  resolver    z: not looked at',
      '',
      '4 checks: 1 ok, 0 to look at, 2 wrong, 1 left out',
    ]);
  });
});

describe('docs/doctor.md', () => {
  it.each(CHECKS)('explains the check %s', (check) => {
    expect(DOCUMENTATION).toMatch(new RegExp(`^\\| \`${check}\` \\| .+ \\| .+ \\|$`, 'm'));
  });

  it.each(rebindingExceptions('d.example.com'))(
    'tells the exception of $product',
    ({ product, lines, filtersByDefault }) => {
      const row = DOCUMENTATION.split('\n').find((line) => line.startsWith(`| ${product} |`));
      expect(row).toContain(filtersByDefault ? '| yes |' : '| no |');
      for (const line of lines) expect(row).toContain(`\`${line.trim()}\``);
    },
  );

  it('names every option', () => {
    for (const { long } of doctorCommand().options) expect(DOCUMENTATION).toContain(`\`${long}`);
  });
});
