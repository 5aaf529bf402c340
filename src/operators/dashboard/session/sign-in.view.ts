import { html, type Html } from '../html/html.js';
import { layout } from '../html/layout.js';

export interface SignInView {
  /** A path of ours. */
  readonly next: string;
  /** Where the admin token lies, if that may be told. */
  readonly tokenFile?: string;
  readonly error?: string;
}

/** The form that asks for a credential. */
export function signInPage({ next, tokenFile, error }: SignInView): Html {
  return layout({
    title: 'Sign in',
    error: error === undefined ? undefined : { detail: error },
    content: html`<form method="post" action="/sign-in" class="card narrow">
        <input type="hidden" name="next" value="${next}" />
        <div class="field">
          <label for="credential">API key or admin token</label>
          <input
            id="credential"
            name="credential"
            type="password"
            required
            autofocus
            autocomplete="current-password"
            spellcheck="false"
            autocapitalize="none"
            aria-describedby="credential-hint"
          />
          <p class="hint" id="credential-hint">
            It begins with fco_.
            ${
              tokenFile === undefined
                ? 'The admin token is in the file admin-token of the data directory, unless it was configured.'
                : html`The sandbox keeps its admin token in <code>${tokenFile}</code>.`
            }
          </p>
        </div>
        <button class="primary">Sign in</button>
      </form>
      <p class="muted">
        Are you a device's user whose browser does not get through? <a href="/check">Check the device.</a>
      </p>`,
  });
}
