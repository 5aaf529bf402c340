/** Primes that no RSA modulus may be divisible by (Baseline Requirements 6.1.6: none below 752). */
const SMALL_PRIMES = primesBelow(752);
/** The primes that the ROCA fingerprint looks at. */
const ROCA_PRIMES = primesBelow(168).filter((prime) => prime > 2);
const ROCA_RESIDUES = new Map(ROCA_PRIMES.map((prime) => [prime, powersOf65537(prime)]));
/** As many rounds as Boulder tries. */
const FERMAT_ROUNDS = 110;

/**
 * Why an RSA modulus can be factored with little work, or undefined when it cannot by these: a small factor, the ROCA
 * pattern (CVE-2017-15361), primes too close to each other (Fermat's method). About a millisecond.
 */
export function rsaWeakness(modulus: bigint): string | undefined {
  if (SMALL_PRIMES.some((prime) => modulus % BigInt(prime) === 0n)) return 'its modulus has a small factor';
  if (looksLikeRoca(modulus)) return 'it was made by a chip with the ROCA flaw';
  if (hasClosePrimes(modulus)) return 'its two primes are too close to each other';
  return undefined;
}

/** The flawed chips' primes are k*M + 65537^a mod M: modulo every small prime, N is a power of 65537. */
function looksLikeRoca(modulus: bigint): boolean {
  return ROCA_PRIMES.every((prime) => ROCA_RESIDUES.get(prime)?.has(Number(modulus % BigInt(prime))));
}

/** N = a² - b² with a just above the root of N. */
function hasClosePrimes(modulus: bigint): boolean {
  let a = squareRoot(modulus);
  if (a * a < modulus) a += 1n;
  for (let round = 0; round < FERMAT_ROUNDS; round++, a += 1n) {
    if (isSquare(a * a - modulus)) return true;
  }
  return false;
}

/** Squares end in 44 of 256 octets only, which spares most of the roots. */
const SQUARE_ENDINGS = new Set(Array.from({ length: 256 }, (_, root) => (root * root) % 256));

function isSquare(number: bigint): boolean {
  if (!SQUARE_ENDINGS.has(Number(number & 255n))) return false;
  const root = squareRoot(number);
  return root * root === number;
}

/** The integer part of the root, by Newton's method from above. */
function squareRoot(number: bigint): bigint {
  if (number < 2n) return number;
  const bits = BigInt(number.toString(16).length) * 4n;
  let root = 1n << ((bits + 1n) / 2n);
  for (;;) {
    const next = (root + number / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power);
  return powers;
}

function primesBelow(limit: number): readonly number[] {
  const numbers = Array.from({ length: limit - 2 }, (_, index) => index + 2);
  return numbers.filter((number) => !numbers.some((factor) => factor * factor <= number && number % factor === 0));
}
