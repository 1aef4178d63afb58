/** Makes foreign words safe to print: control characters replaced, addresses unnamed. It does not know HTML or XML. */

const REPLACEMENT = '\uFFFD';

/** Bidirectional overrides can make a line read differently from what it says. */
function isDirectionMark(code: number): boolean {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/** Characters XML 1.0 cannot carry, and those a terminal would obey instead of print. */
function isUnprintable(code: number): boolean {
  if (code === 0x09 || code === 0x0a || code === 0x0d) return false;
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  if (code >= 0xd800 && code <= 0xdfff) return true;
  return code === 0xfffe || code === 0xffff || isDirectionMark(code);
}

/** Replaces what no document or terminal should carry; line breaks and tabs stay. */
export function printable(text: string): string {
  let cleaned = '';
  for (const character of text)
    cleaned += isUnprintable(character.codePointAt(0) ?? 0) ? REPLACEMENT : character;
  return cleaned;
}

/** The same on one line: what a server said must not forge a line of ours. */
export function oneLine(text: string): string {
  return printable(text)
    .replace(/[\s\u2028\u2029]+/g, ' ')
    .trim();
}

const LOCAL_PART = /"[^"\n]{1,64}"@(?=[\w[])|[\w.!#$%&'*+=?^`{|}~-]+@(?=[\w[])/gu;

/** Who signs in, in a URL; secrets never get into a record, but a report is no place to trust that. */
const USER_INFO = /:\/\/[^/\s@]*@/g;

/** A mailbox's local part names a person; reports are passed around and blame nobody. The host part stays. */
export function unnamed(text: string): string {
  return text.replace(USER_INFO, '://…@').replace(LOCAL_PART, '…@');
}

/** Cuts a text to a length and says so with an ellipsis. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}
