/** Controls of terminals (C0, C1), invisible and direction-changing characters, line separators. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const UNSAFE_BUT_NEWLINE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const UNSAFE_IN_FILE = /(?![\n\r\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of others (devices, servers, CAs) as it may be shown in a terminal: on one line, and moving no cursor. */
export function plainText(text: string): string {
  return text.replace(UNSAFE, '�');
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
