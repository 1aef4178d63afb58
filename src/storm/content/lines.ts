/** Text as lines that may go on the wire: no bare CR or LF, none too long in any script. It knows no message. */

/** Short of the limit below, so that quoting need not cut what people wrote. */
const MAX_LINE_OCTETS = 900;

/** A quoted line: short of SMTP's 998 (RFC 5321 §4.5.3.1.6). */
export const MAX_QUOTED_OCTETS = 990;

/** Columns that a person's words are wrapped at (RFC 5322 §2.1.1 asks for 78). */
const COLUMNS = 72;

/** Somebody's text, as it stands, in lines that are short enough. */
export function wireLines(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/)
    .flatMap((line) =>
      Buffer.byteLength(line) <= MAX_LINE_OCTETS ? [line] : (line.match(/.{1,200}/gsu) ?? []),
    );
}

/** Words put into lines, as an editor would. */
export function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** The line, or as much of it as so many octets hold, never half a character. */
export function shortened(line: string, octets: number): string {
  const bytes = Buffer.from(line, 'utf8');
  if (bytes.length <= octets) return line;
  let end = octets;
  // A byte 10xxxxxx continues a character (RFC 3629 §3).
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8');
}
