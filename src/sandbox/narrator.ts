/** Tells a person at the console what happens, one readable line a step. */
export class Narrator {
  constructor(private readonly target: NodeJS.WritableStream) {}

  step(line: string): void {
    this.target.write(`${line}\n`);
  }

  /** A block of things to try; commands stand on lines of their own, ready to be copied. */
  tryNext(entries: readonly { readonly what: string; readonly command: string }[]): void {
    this.target.write('\nTry next:\n');
    for (const { what, command } of entries) this.target.write(`  ${what}\n    ${command}\n`);
    this.target.write('\n');
  }
}
