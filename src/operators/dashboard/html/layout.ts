import type { DomainError } from '../../../kernel/errors.js';
import { roleSuffices } from '../../domain/role.js';
import type { AssetName } from '../http/assets.js';
import { ASSETS } from '../http/assets.js';
import type { Session } from '../session/session.js';
import { csrfField } from './form.js';
import { html, type Html, type HtmlValue } from './html.js';
import { NAVIGATION } from './navigation.js';

export interface PageParts {
  /** The page's heading, and the window's title. */
  readonly title: string;
  /** Who looks at it; absent on pages for everybody. */
  readonly session?: Session;
  /** The navigation's path that this page belongs to. */
  readonly section?: string;
  /** Where the page is: the pages above it. */
  readonly trail?: readonly { readonly path: string; readonly title: string }[];
  /** Beside the heading: a state, a time. */
  readonly beside?: HtmlValue;
  /** What was done just now. */
  readonly notice?: string;
  /** What went wrong with what was sent. */
  readonly error?: Pick<DomainError, 'detail'>;
  readonly scripts?: readonly AssetName[];
  readonly content: HtmlValue;
}

/** A whole page. */
export function layout(page: PageParts): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title} · fleetcert</title>
        <link rel="icon" href="${ASSETS['icon.svg'].path}" type="image/svg+xml" />
        <link rel="stylesheet" href="${ASSETS['dashboard.css'].path}" />
        ${(page.scripts ?? []).map((name) => html`<script type="module" src="${ASSETS[name].path}"></script>`)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        ${header(page)}
        <main id="main" tabindex="-1">
          ${trail(page)}
          <div class="heading">
            <h1>${page.title}</h1>
            ${page.beside}
          </div>
          ${page.error && html`<p class="alert bad" role="alert"><strong>That did not work.</strong> ${page.error.detail}</p>`}
          ${page.notice && html`<p class="alert good" role="status">${page.notice}</p>`} ${page.content}
        </main>
      </body>
    </html> `;
}

function header({ session, section }: PageParts): Html {
  return html`<header class="top">
    <a class="brand" href="/"><img src="${ASSETS['icon.svg'].path}" alt="" width="22" height="22" />fleetcert</a>
    ${
      session &&
      html`<nav aria-label="Main">
          <ul>
            ${NAVIGATION.filter(({ role }) => roleSuffices(session.operator.role, role)).map(
              ({ path, title }) =>
                html`<li><a href="${path}" ${path === section && html` aria-current="page"`}>${title}</a></li>`,
            )}
          </ul>
        </nav>
        <form class="who" method="post" action="/sign-out">
          ${csrfField(session)}<span class="muted">${session.operator.role}</span
          ><button class="plain">Sign out</button>
        </form>`
    }
  </header>`;
}

function trail({ trail: above }: PageParts): HtmlValue {
  if (!above) return null;
  return html`<nav aria-label="Breadcrumb" class="trail">
    <ol>
      ${above.map(({ path, title }) => html`<li><a href="${path}">${title}</a></li>`)}
    </ol>
  </nav>`;
}
