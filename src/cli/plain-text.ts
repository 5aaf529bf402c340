/** Controls of terminals (C0, C1), invisible and direction-changing characters, line separators. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const UNSAFE_BUT_NEWLINE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const ESCAPE = '\u001b';
const STYLE_OR_UNSAFE = /\p{Cc}\[\d{1,2}m|(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const UNSAFE_IN_FILE = /(?![\n\r\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of others (devices, servers, CAs) as it may be shown in a terminal: on one line, and moving no cursor. */
export function plainText(text: string): string {
  return text.replace(UNSAFE, '�');
}

/** The last net, for what is composed of lines, styles of ours and texts of others: of controls, only colours pass. */
export function styledText(text: string): string {
  return text.replace(STYLE_OR_UNSAFE, (part) =>
    part.length > 1 && part.startsWith(ESCAPE) ? part : `�${part.slice(1)}`,
  );
}

/** The same for a document of several lines, such as CSV. */
export function plainLines(text: string): string {
  return text.replace(UNSAFE_IN_FILE, '�');
}

/** JSON that means the same and is safe in a terminal: what JSON.stringify leaves as it is, is escaped. */
export function plainJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSAFE_BUT_NEWLINE, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
