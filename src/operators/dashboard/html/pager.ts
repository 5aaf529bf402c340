import { html, type HtmlValue } from './html.js';

/** Links to the first and the next page of a list, which keep its filters. */
export function pager(
  path: string,
  filter: Readonly<Record<string, string | undefined>>,
  cursor: string | undefined,
  nextCursor: string | null,
): HtmlValue {
  if (cursor === undefined && nextCursor === null) return null;
  return html`<nav class="pager" aria-label="Pages">
    ${cursor !== undefined && html`<a href="${linkTo(path, filter)}">First page</a>`}
    ${nextCursor !== null && html`<a rel="next" href="${linkTo(path, { ...filter, cursor: nextCursor })}">Next page</a>`}
  </nav>`;
}

function linkTo(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return entries.length > 0 ? `${path}?${new URLSearchParams(entries).toString()}` : path;
}
