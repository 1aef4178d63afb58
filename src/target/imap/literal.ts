/** Text -> the IMAP string that carries it: quoted where that is allowed, else a literal (RFC 3501 §4.3). */

/** NIL for undefined. Input and output are Latin-1 text, one character a byte. */
export function imapString(text: string | undefined): string {
  if (text === undefined) return 'NIL';
  if (text.length < 1_000 && /^[\u0020-\u007e]*$/.test(text))
    return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  return `{${text.length}}\r\n${text}`;
}
