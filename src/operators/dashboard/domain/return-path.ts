/** Tabs and line ends would be dropped by a browser, which could turn `/\t/evil` into `//evil`. */
function isPlain(path: string): boolean {
  return [...path].every((character) => character > ' ' && character !== '\x7f' && character !== '\\');
}

/**
 * Where to go after the sign-in: a path of ours, or `/` for everything that could lead elsewhere (open redirect).
 * @param wanted what came with the request: anybody may have written it
 */
export function returnPath(wanted: unknown): string {
  if (typeof wanted !== 'string' || wanted.length > 2_000) return '/';
  if (!wanted.startsWith('/') || wanted.startsWith('//') || !isPlain(wanted)) return '/';
  const base = 'http://own.invalid';
  const url = URL.parse(wanted, base);
  if (!url || url.origin !== base || url.pathname.startsWith('//')) return '/';
  return /^\/sign-(in|out)\b/.test(url.pathname) ? '/' : url.pathname + url.search;
}
