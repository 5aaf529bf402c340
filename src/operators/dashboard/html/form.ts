import type { Session } from '../session/session.js';
import { html, type Html, type HtmlValue } from './html.js';

/** Goes into every form that changes something. */
export function csrfField(session: Session): Html {
  return html`<input type="hidden" name="csrf" value="${session.csrfToken}" />`;
}

export interface FieldOptions {
  readonly value?: string | null;
  /** Said below the field, and read out with it. */
  readonly hint?: string;
  readonly type?: 'text' | 'number' | 'date' | 'search';
  readonly isRequired?: boolean;
  readonly longest?: number;
  readonly least?: number;
  readonly most?: number;
  readonly placeholder?: string;
}

/** A labelled text field. `id` is unique in the page. */
export function field(id: string, name: string, label: string, options: FieldOptions = {}): Html {
  const { value, hint, type = 'text', isRequired, longest, least, most, placeholder } = options;
  return html`<div class="field">
    <label for="${id}">${label}</label>
    <input
      id="${id}"
      name="${name}"
      type="${type}"
      value="${value}"
      autocomplete="off"
      ${isRequired && html` required`}
      ${longest !== undefined && html` maxlength="${longest}"`}${least !== undefined && html` min="${least}"`}${
        most !== undefined && html` max="${most}"`
      }${placeholder !== undefined && html` placeholder="${placeholder}"`}${
        hint !== undefined && html` aria-describedby="${id}-hint"`
      }
    />
    ${hintText(id, hint)}
  </div>`;
}

/** A labelled choice. */
export function choice(
  id: string,
  name: string,
  label: string,
  options: readonly (readonly [value: string, title: string])[],
  chosen?: string,
): Html {
  return html`<div class="field">
    <label for="${id}">${label}</label>
    <select id="${id}" name="${name}">
      ${options.map(
        ([value, title]) => html`<option value="${value}" ${value === chosen && html` selected`}>${title}</option>`,
      )}
    </select>
  </div>`;
}

/** A labelled text of several lines. */
export function textArea(id: string, name: string, label: string, value: string, hint?: string): Html {
  return html`<div class="field wide">
    <label for="${id}">${label}</label>
    <textarea
      id="${id}"
      name="${name}"
      rows="3"
      spellcheck="false"
      ${hint !== undefined && html` aria-describedby="${id}-hint"`}
      required
    >
${value}</textarea>
    ${hintText(id, hint)}
  </div>`;
}

export function checkBox(id: string, name: string, label: string, isChecked: boolean): Html {
  return html`<div class="field check">
    <input id="${id}" name="${name}" type="checkbox" value="yes" ${isChecked && html` checked`} />
    <label for="${id}">${label}</label>
  </div>`;
}

/** A button that is a form of its own: one action, nothing to fill in. */
export function actionButton(
  session: Session,
  action: string,
  text: string,
  options: {
    readonly fields?: Readonly<Record<string, string>>;
    readonly about?: string;
    readonly look?: 'danger';
  } = {},
): Html {
  const { fields = {}, about, look } = options;
  return html`<form method="post" action="${action}" class="action">
    ${csrfField(session)}${Object.entries(fields).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
    )}<button class="${look ?? ''}">
      ${text}${about !== undefined && html`<span class="hidden"> ${about}</span>`}
    </button>
  </form>`;
}

function hintText(id: string, hint: string | undefined): HtmlValue {
  return hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`;
}
