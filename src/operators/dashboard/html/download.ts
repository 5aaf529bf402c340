import { EXPORT_FORMATS } from '../../export/export-format.js';
import { html, type Html } from './html.js';

/**
 * Links to a whole list as a file.
 * @param path that the file comes from
 * @param words the list's filter
 */
export function downloads(path: string, words: Readonly<Record<string, string | undefined>>): Html {
  const entries = Object.entries(words).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const links = EXPORT_FORMATS.map((format) => {
    const query = new URLSearchParams([...entries, ['format', format]]).toString();
    return html` <a href="${path}?${query}" download>${format.toUpperCase()}</a>`;
  });
  return html`<p class="downloads">All of them as a file:${links}</p>`;
}
