/** A thread as HTML on the wire: escaped, quoted in nested boxes, quoted-printable. A function of its arguments; it draws nothing. */

import { QUOTED_BELOW, type OwnWords } from './thread.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const HEAD =
  '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>\n<body lang="EN-GB">\n';
const TAIL = '</body></html>\n';

/** A line of quoted-printable holds 76 characters at most, its soft end included (RFC 2045 §6.7). */
const QP_LINE = 75;

/** Encodes threads and keeps each person's words as encoded once: what is quoted is only put together. Bounded by K. */
export class HtmlThreads {
  readonly #own = new Map<number, string>();

  /** The whole HTML part as it goes on the wire; `image` names the inline picture, if there is one. */
  encoded(parts: readonly OwnWords[], image: string | undefined): string {
    const opened: string[] = [quotedPrintable(HEAD)];
    for (const [level, part] of parts.entries()) {
      if (level > 0) opened.push(QUOTE_OPENS);
      opened.push(this.#encodedWords(part));
      if (level === 0 && image !== undefined)
        opened.push(quotedPrintable(`<p><img src="cid:${image}" alt=""></p>\n`));
    }
    return opened.join('') + QUOTE_ENDS.repeat(Math.max(0, parts.length - 1)) + quotedPrintable(TAIL);
  }

  #encodedWords({ number, lines, whole }: OwnWords): string {
    const known = whole ? this.#own.get(number) : undefined;
    if (known !== undefined) return known;
    const encoded = quotedPrintable(lines.map((line) => `${escaped(line)}<br>\n`).join(''));
    if (whole) this.#own.set(number, encoded);
    return encoded;
  }
}

const QUOTE_OPENS = quotedPrintable(`<p>${QUOTED_BELOW}</p>\n<blockquote type="cite">\n`);
const QUOTE_ENDS = quotedPrintable('</blockquote>\n');

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}

/** Text with LF ends as quoted-printable with CRLF ends; each of its lines stands for itself, so that texts can be joined. */
export function quotedPrintable(text: string): string {
  return text
    .split('\n')
    .map((line) => encodedLine(line))
    .join('\r\n');
}

function encodedLine(line: string): string {
  // Most lines need nothing: printable ASCII without "=", short, no white space at the end.
  if (line.length <= QP_LINE && /^(?:[ -<>-~]*[!-<>-~])?$/.test(line)) return line;
  const octets = Buffer.from(line, 'utf8');
  let encoded = '';
  let column = 0;
  for (const [index, octet] of octets.entries()) {
    const isSpace = octet === 0x20 && index < octets.length - 1;
    const plain = isSpace || (octet > 0x20 && octet < 0x7f && octet !== 0x3d);
    const token = plain
      ? String.fromCharCode(octet)
      : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    if (column + token.length > QP_LINE) {
      encoded += '=\r\n';
      column = 0;
    }
    encoded += token;
    column += token.length;
  }
  return encoded;
}
