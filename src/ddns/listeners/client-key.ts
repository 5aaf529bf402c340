/** What counts as one client when connections are counted: an IPv4 address, or the /64 of an IPv6 address. */
export function clientKey(address: string): string {
  const unscoped = address.split('%', 1)[0]!;
  if (!unscoped.includes(':')) return unscoped;
  const [head = '', tail] = unscoped.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left.slice(0, 4).join(':');
  const right = tail === '' ? [] : tail.split(':');
  // `::` stands for as many zero groups as are missing to eight; an embedded IPv4 address counts as two.
  const missing = Math.max(0, 8 - left.length - right.length - Number(tail.includes('.')));
  return [...left, ...Array<string>(missing).fill('0'), ...right].slice(0, 4).join(':');
}
