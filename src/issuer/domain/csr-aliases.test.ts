import { describe, expect, it } from 'vitest';

import { aCsr } from '../../../test/support/csr-builder.js';
import { checkCsr, type CsrNames } from './csr-policy.js';
import { readCsr } from './csr-reader.js';

const device: CsrNames = { deviceName: 'k2v7.fleet.test', aliases: ['nas.fleet.test', 'Files.fleet.test'] };

function namesOf(names: readonly string[], of: CsrNames = device): readonly string[] {
  return checkCsr(readCsr(aCsr({ altNames: { dns: names } })), of).names;
}

describe("a CSR with a device's aliases", () => {
  it('may hold them, with or without its name', () => {
    expect(namesOf(['NAS.fleet.test', 'k2v7.fleet.test'])).toEqual(['k2v7.fleet.test', 'nas.fleet.test']);
    expect(namesOf(['files.fleet.test'])).toEqual(['files.fleet.test']);
  });

  it('may hold what is directly below them where the device has the wildcard', () => {
    expect(() => namesOf(['*.nas.fleet.test'])).toThrow('"*.nas.fleet.test" is not this device\'s');
    expect(namesOf(['*.nas.fleet.test'], { ...device, wildcard: true })).toEqual(['*.nas.fleet.test']);
  });

  it.each([
    'www.nas.fleet.test',
    '*.*.nas.fleet.test',
    'xnas.fleet.test',
    'nas.fleet.test.example.com',
    '*.fleet.test',
    'fleet.test',
  ])('may not hold %s', (name) => {
    expect(() => namesOf([name], { ...device, wildcard: true })).toThrow("is not this device's");
  });

  it('is told which names it may hold', () => {
    expect(() => namesOf(['other.fleet.test'])).toThrow(
      'a CSR may hold k2v7.fleet.test, *.k2v7.fleet.test, nas.fleet.test and files.fleet.test only',
    );
  });
});
