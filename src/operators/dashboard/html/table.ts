import { html, type Html, type HtmlValue } from './html.js';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => HtmlValue;
  /** `number`: right-aligned figures. `name`: the row's header. */
  readonly kind?: 'number' | 'name';
}

/**
 * A table with a caption (read out, not shown: a heading says it for the eyes), or a sentence when there is nothing to
 * show. A column that is `false` is left out. On a phone each row becomes a block, whose cells carry their titles in `data-title`.
 */
export function table<Row>(
  caption: string,
  columns: readonly (Column<Row> | false)[],
  rows: readonly Row[],
  whenEmpty: string,
): Html {
  if (rows.length === 0) return html`<p class="empty">${whenEmpty}</p>`;
  const shown = columns.filter((column) => column !== false);
  return html`<div class="scroll">
    <table>
      <caption class="hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${shown.map(({ title, kind }) => html`<th scope="col" class="${kind ?? ''}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${shown.map((column) => cellOf(column, row))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function cellOf<Row>({ title, cell, kind }: Column<Row>, row: Row): Html {
  if (kind === 'name') return html`<th scope="row" data-title="${title}">${cell(row)}</th>`;
  return html`<td data-title="${title}" class="${kind ?? ''}"><div>${cell(row)}</div></td>`;
}
