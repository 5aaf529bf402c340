/** For `@Transform` of a query: `a,b`, or the parameter repeated, as a list. An empty one stays for the rules to refuse. */
export function queryList({ value }: { readonly value: unknown }): unknown {
  if (value === undefined) return undefined;
  const parts = (Array.isArray(value) ? value : [value]) as unknown[];
  return parts.flatMap((part) => (typeof part === 'string' ? part.split(',') : [part]));
}
