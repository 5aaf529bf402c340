import { html, type Html, type HtmlValue } from './html.js';

/** Terms with their values; those without a value are left out. */
export function definitions(entries: readonly (readonly [term: string, value: HtmlValue])[]): Html {
  const shown = entries.filter(([, value]) => !isEmpty(value));
  return html`<dl>
    ${shown.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function isEmpty(value: HtmlValue): boolean {
  return (
    value === null ||
    value === undefined ||
    value === false ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}
