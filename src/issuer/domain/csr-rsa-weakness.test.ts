import { checkPrimeSync, generateKeyPairSync, generatePrimeSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { rsaWeakness } from './csr-rsa-weakness.js';

function primeFrom(start: bigint, step: bigint): bigint {
  let candidate = start;
  while (!checkPrimeSync(candidate)) candidate += step;
  return candidate;
}

/** 65537^a mod M + k*M, as the flawed chips made their primes; M is the product of the primes up to 167. */
function rocaPrime(): bigint {
  const primes = Array.from({ length: 166 }, (_, index) => BigInt(index + 2)).filter((number) =>
    checkPrimeSync(number),
  );
  const product = primes.reduce((left, right) => left * right, 1n);
  let residue = 1n;
  for (let power = 0; power < 1000; power++) residue = (residue * 65_537n) % product;
  const k = generatePrimeSync(800, { bigint: true });
  return primeFrom(k * product + residue, product);
}

describe('rsaWeakness', () => {
  it('finds nothing in keys of a good generator', () => {
    for (let round = 0; round < 5; round++) {
      const { n = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
      expect(rsaWeakness(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`))).toBeUndefined();
    }
  });

  it('finds a factor below 752', () => {
    const prime = generatePrimeSync(1024, { bigint: true });
    for (const factor of [2n, 3n, 751n]) expect(rsaWeakness(prime * factor)).toMatch(/small factor/);
    expect(rsaWeakness(prime * generatePrimeSync(1024, { bigint: true }))).toBeUndefined();
  });

  it('finds the pattern of chips with the ROCA flaw', () => {
    expect(rsaWeakness(rocaPrime() * rocaPrime())).toMatch(/ROCA/);
  });

  it('finds primes that are close to each other, and equal ones', () => {
    const prime = generatePrimeSync(1024, { bigint: true });
    expect(rsaWeakness(prime * primeFrom(prime + 2n, 2n))).toMatch(/too close/);
    expect(rsaWeakness(prime * prime)).toMatch(/too close/);
  });
});
