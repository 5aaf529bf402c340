import { styleText } from 'node:util';

import type { Environment } from '../platform/config/environment.js';
import { plainJson, styledText } from './plain-text.js';

/** A part of process.stdout: what a test can stand in for. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';

const USUAL_COLUMNS = 80;

/** Where a command prints: data to standard output, everything about it to standard error. */
export class Console {
  constructor(
    readonly environment: Environment = process.env,
    readonly out: Output = process.stdout,
    readonly err: Output = process.stderr,
  ) {}

  get isTerminal(): boolean {
    return this.out.isTTY === true;
  }

  /** Of the terminal; undefined when the output goes elsewhere, and lines may be of any length. */
  get columns(): number | undefined {
    return this.isTerminal ? (this.out.columns ?? USUAL_COLUMNS) : undefined;
  }

  print(text: string): void {
    this.out.write(`${styledText(text)}\n`);
  }

  json(value: unknown): void {
    this.print(plainJson(value, this.isTerminal ? 2 : undefined));
  }

  /** Resolves when there is room for more: for output of any length. */
  async stream(text: string): Promise<void> {
    if (!this.out.write(text)) await new Promise<void>((resolve) => this.out.once('drain', resolve));
  }

  /** A sentence for the person, not for the next program. */
  note(text: string): void {
    this.err.write(`${styledText(text)}\n`);
  }

  /** Colour in what is printed, on a terminal that wants it (https://no-color.org). */
  style(style: Style, text: string): string {
    return this.#styled(this.out, style, text);
  }

  /** The same for what is noted. */
  styleNote(style: Style, text: string): string {
    return this.#styled(this.err, style, text);
  }

  #styled(target: Output, style: Style, text: string): string {
    const { NO_COLOR, TERM } = this.environment;
    const isWanted = target.isTTY === true && !NO_COLOR && TERM !== 'dumb';
    return isWanted ? styleText(style, text, { validateStream: false }) : text;
  }

  /** How far long work is, on one line of a terminal that is written over; nothing elsewhere. */
  progress(text: string): void {
    if (this.err.isTTY) this.err.write(`\r\u001b[2K${text}`);
  }

  /** Takes the line of `progress` away. */
  endProgress(): void {
    this.progress('');
  }
}
