/** Letters and digits that people do not mix up when they read a name aloud: no 0/o, 1/l/i. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const LETTERS = 'abcdefghjkmnpqrstuvwxyz';
const LENGTH = 16;

/** Octets of randomness that `labelFrom` takes. */
export const LABEL_RANDOM_OCTETS = LENGTH * 2;

/**
 * A device's label: 16 characters, 78 random bits. It says nothing of the device, because every name with a public
 * certificate stands in CT logs for ever. It starts with a letter, which old software expects of a host name.
 *
 * @param random LABEL_RANDOM_OCTETS random octets
 */
export function labelFrom(random: Uint8Array): string {
  let label = '';
  for (let index = 0; index < LENGTH; index++) {
    const alphabet = index === 0 ? LETTERS : ALPHABET;
    // Two octets a character: the remainder's bias is below one in a thousand.
    label += alphabet[((random[index * 2]! << 8) | random[index * 2 + 1]!) % alphabet.length];
  }
  return label;
}
