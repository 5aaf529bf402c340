import type { Console } from './console.js';
import { styledText } from './plain-text.js';

const USUAL_ROWS = 24;
const HOME = '\u001b[H';
const CLEAR_ALL = '\u001b[2J';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** Shows a text that changes: on a terminal in place, without flicker; elsewhere one after the other. */
export class Screen {
  #isFirst = true;

  constructor(private readonly console: Console) {}

  show(text: string): void {
    if (!this.console.isTerminal) {
      this.console.print(this.#isFirst ? text : `\n${text}`);
    } else {
      // What does not fit would scroll, and the next time be written below itself.
      const all = styledText(text).split('\n');
      const room = (this.console.out.rows ?? USUAL_ROWS) - 1;
      const lines = (all.length > room ? [...all.slice(0, room - 1), '…'] : all).map((line) => line + CLEAR_LINE_END);
      this.console.out.write(`${this.#isFirst ? CLEAR_ALL : ''}${HOME}${lines.join('\n')}\n${CLEAR_BELOW}`);
    }
    this.#isFirst = false;
  }
}
