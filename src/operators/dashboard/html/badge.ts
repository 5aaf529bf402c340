import { html, type Html } from './html.js';

/** How urgent a state is; the colour goes with the word, never alone. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

const TONES: Readonly<Record<string, Tone>> = {
  ok: 'good',
  active: 'good',
  issued: 'good',
  renewing: 'busy',
  issuing: 'busy',
  queued: 'busy',
  deferred: 'warn',
  'at-risk': 'warn',
  suspended: 'warn',
  expired: 'bad',
  failing: 'bad',
  failed: 'bad',
  revoked: 'bad',
  none: 'idle',
  info: 'idle',
  warning: 'warn',
  critical: 'bad',
  done: 'good',
  refused: 'warn',
  fail: 'bad',
  warn: 'warn',
  skipped: 'idle',
  pending: 'busy',
  delivered: 'good',
  dead: 'bad',
};

/** The tone of a device's state, a certificate's health or an order's status. */
export function toneOf(state: string): Tone {
  return TONES[state] ?? 'idle';
}

/** A state as a word with its colour. */
export function badge(state: string, text: string = state): Html {
  return html`<span class="badge ${toneOf(state)}">${text}</span>`;
}
