/** A header field's encoded words (RFC 2047) read as the text they stand for. It knows no message. */

/** White space between two encoded words is not part of the text (RFC 2047 §6.2). */
const BETWEEN = /(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bq]\?[^?\s]*\?=)/gi;

const WORD = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;

/** Whether a text has encoded words in it. */
export function hasEncodedWords(text: string): boolean {
  return text.search(WORD) >= 0;
}

/** The text as a person sees it; a word in a charset that nobody knows stays as it stands. */
export function plainText(raw: string): string {
  if (!raw.includes('=?')) return raw;
  return raw
    .replaceAll(BETWEEN, '$1')
    .replaceAll(WORD, (word: string, charset: string, encoding: string, said: string) => {
      const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(said, 'base64') : quoted(said);
      try {
        return new TextDecoder(charset, { ignoreBOM: true }).decode(bytes);
      } catch {
        return word;
      }
    });
}

/** The Q encoding (RFC 2047 §4.2). */
function quoted(said: string): Buffer {
  const latin = said
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin, 'latin1');
}
