/**
 * Does a value hold text that PostgreSQL cannot store as it is: U+0000, or half of a surrogate pair? Bodies are small
 * (64 KiB), so every string in them is looked at, keys included.
 */
export function holdsUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, entry]) => holdsUnstorableText(key) || holdsUnstorableText(entry));
}
