/** Header text with RFC 2047 encoded words -> readable text. Reads only; unknown charsets are taken as Latin-1. */

const ENCODED_WORD = /=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=/gi;

/** Decodes every encoded word; the rest is taken as UTF-8 when it is, else as Latin-1. Input is Latin-1 text. */
export function decodeEncodedWords(latin1: string): string {
  if (!latin1.includes('=?')) return decodeBytes(Buffer.from(latin1, 'latin1'), 'utf-8');
  // White space between two encoded words belongs to neither (RFC 2047 §6.2).
  const joined = latin1.replaceAll(/(\?=)\s+(=\?)/g, '$1$2');
  return joined.replaceAll(ENCODED_WORD, (_word, charset: string, encoding: string, text: string) => {
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : decodeQ(text);
    return decodeBytes(bytes, charset.split('*')[0] ?? charset);
  });
}

function decodeQ(text: string): Buffer {
  const spaced = text.replaceAll('_', ' ');
  const plain = spaced.replaceAll(/=([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1');
}

function decodeBytes(bytes: Buffer, charset: string): string {
  if (!/^utf-?8$/i.test(charset)) return bytes.toString('latin1');
  const text = bytes.toString('utf8');
  return text.includes('�') ? bytes.toString('latin1') : text;
}
