/** The targets of the Link headers (RFC 8288) that have this relation, as written; Node joins several headers by commas. */
export function parseLinks(header: string | readonly string[] | undefined, relation: string): readonly string[] {
  if (header === undefined) return [];
  const text = typeof header === 'string' ? header : header.join(', ');
  const links = text.matchAll(/<(?<target>[^<>]*)>(?<parameters>[^<]*)/g);
  return [...links].flatMap(({ groups }) => {
    const relations = /;\s*rel\s*=\s*"?(?<value>[^";,]*)/i.exec(groups?.['parameters'] ?? '')?.groups?.['value'] ?? '';
    return relations.trim().toLowerCase().split(/\s+/).includes(relation) ? [groups?.['target'] ?? ''] : [];
  });
}
