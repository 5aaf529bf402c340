import { html, type Html } from './html.js';

/** A secret that was made just now, in the forms that it is used in. It is on this page only. */
export function shownOnce(what: string, forms: readonly (readonly [title: string, text: string])[]): Html {
  return html`<section class="card once" aria-labelledby="once">
    <h2 id="once">${what} is shown this once</h2>
    <p>Copy it now: only its hash or its sealed form is kept.</p>
    ${forms.map(
      ([title, text], index) =>
        html`<h3 id="once-${index}">${title}</h3>
          <pre tabindex="0" aria-labelledby="once-${index}">${text}</pre>`,
    )}
  </section>`;
}
