/** Header fields as they go on the wire: folded, and encoded where ASCII does not suffice. It knows no message. */

/** Columns of a header line (RFC 5322 §2.1.1). */
const COLUMNS = 78;

const WORD_OPENS = '=?UTF-8?B?';
const WORD_ENDS = '?=';

/** Octets of an encoded word: with its field's name on the same line it takes 73 of the 76 columns of RFC 2047 §2. */
const WORD_OCTETS = 39;

/** Printable ASCII without white space at its ends, and nothing that would be read as an encoded word. */
function isPlain(text: string): boolean {
  return /^(?:[!-~](?:[ -~]*[!-~])?)?$/.test(text) && !text.includes('=?');
}

/** A field of free text, such as Subject, in as many lines as it takes. The text may hold no line end. */
export function textField(name: string, text: string): string {
  if (!isPlain(text)) return `${name}: ${encodedWords(text).join('\r\n ')}`;
  if (name.length + 2 + text.length <= COLUMNS) return `${name}: ${text}`;
  const lines: string[] = [];
  let line = `${name}:`;
  // A fold stands before white space, which stays where it is (RFC 5322 §2.2.3).
  for (const piece of text.match(/ *[^ ]+/g) ?? []) {
    const next = line === `${name}:` ? ` ${piece}` : piece;
    if (line.length + next.length > COLUMNS && line !== `${name}:`) {
      lines.push(line);
      line = '';
    }
    line += next;
  }
  return [...lines, line].join('\r\n');
}

/** A text field's value as a reader finds it who unfolds and does not decode. */
export function rawText(text: string): string {
  return isPlain(text) ? text : encodedWords(text).join(' ');
}

/** RFC 2047 encoded words, each with whole characters (§5). */
function encodedWords(text: string): string[] {
  const words: string[] = [];
  let held = '';
  let octets = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (octets + size > WORD_OCTETS) {
      words.push(held);
      held = '';
      octets = 0;
    }
    held += character;
    octets += size;
  }
  return [...words, held].map(
    (word) => WORD_OPENS + Buffer.from(word, 'utf8').toString('base64') + WORD_ENDS,
  );
}
