/** Writes an SMTP transaction as bytes: envelope commands and the dot-stuffed message. It must not open a door to injection. */

import { isAscii } from 'node:buffer';
import type { Extensions } from './extensions.ts';
import type { Recipients } from './recipients.ts';

export interface Envelope {
  /** Empty for the null sender. */
  readonly from: string;
  /** Made ready once, where many messages go to the same people. */
  readonly to: readonly string[] | Recipients;
}

/** The message as it goes over the line, made once for all its transactions. */
export interface PreparedMessage {
  /** Dot-stuffed, ending in CRLF. */
  readonly body: Buffer;
  /** Octets before stuffing, which is what SIZE declares (RFC 1870 §3). */
  readonly sizeBytes: number;
  readonly isEightBit: boolean;
}

/** RFC 5321 §4.5.3.1.3 allows 256 with the brackets; UTF-8 needs more. */
const ADDRESS_LIMIT = 1_000;

const CRLF = Buffer.from('\r\n');
const CRLF_DOT = Buffer.from('\r\n.');
const DOT = Buffer.from('.');
const DOT_BYTE = 0x2e;

export const FINAL_DOT = Buffer.from('.\r\n');

/** False for an address that could end its command line or its brackets, or that no server could take. */
export function isSafeAddress(address: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not pass
  return address.length <= ADDRESS_LIMIT && !/[\u0000-\u0020\u007f<>]/.test(address);
}

/** MAIL, without the line's end. Parameters only as offered (RFC 1870, 6152, 6531). */
export function mailCommand(
  from: string,
  recipients: Recipients,
  message: PreparedMessage,
  extensions: Extensions,
): string {
  const size = extensions.size ? ` SIZE=${message.sizeBytes}` : '';
  const body = message.isEightBit && extensions.eightBitMime ? ' BODY=8BITMIME' : '';
  const isInternational = extensions.smtpUtf8 && (!recipients.isPlain || !isAsciiText(from));
  const utf8 = isInternational ? ' SMTPUTF8' : '';
  return `MAIL FROM:<${from}>${size}${body}${utf8}`;
}

/** RCPT, without the line's end. */
export function rcptCommand(to: string): string {
  return `RCPT TO:<${to}>`;
}

/** Dot-stuffs (RFC 5321 §4.5.2) and completes the last line. `data` has CRLF line ends. */
export function prepareMessage(data: Buffer): PreparedMessage {
  const isComplete = data.length === 0 || data.subarray(-2).equals(CRLF);
  const pieces: Buffer[] = [];
  if (data[0] === DOT_BYTE) pieces.push(DOT);
  let from = 0;
  // Copied only up to and between dots: most messages have none and are sent as they are.
  for (let at = data.indexOf(CRLF_DOT); at >= 0; at = data.indexOf(CRLF_DOT, from)) {
    pieces.push(data.subarray(from, at + 3), DOT);
    from = at + 3;
  }
  pieces.push(data.subarray(from));
  if (!isComplete) pieces.push(CRLF);
  const [only] = pieces;
  const body = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
  return { body, sizeBytes: data.length + (isComplete ? 0 : 2), isEightBit: !isAscii(data) };
}

export function isAsciiText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the range of ASCII
  return /^[\u0000-\u007f]*$/.test(text);
}
