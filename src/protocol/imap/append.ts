/** APPEND: a message put into a folder, with flags and a date. It must not look into the message. */

import type { Piece } from './command.ts';
import { isFlag } from './command.ts';
import type { ImapResult } from './result.ts';
import { resultOf } from './result.ts';
import { folderPiece, type Talk } from './talk.ts';
import { asNumber } from './values.ts';

/** Where the message is now, as APPENDUID says (RFC 4315 §3); undefined where the server does not say. */
export interface Appended {
  readonly uid: number | undefined;
  readonly uidValidity: number | undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** APPEND (RFC 9051 §6.3.12). `message` is RFC 5322 with CRLF line ends; `date` becomes the internal date. */
export async function append(
  talk: Talk,
  folder: string,
  message: Buffer,
  flags: readonly string[],
  date: Date | undefined,
): Promise<ImapResult<Appended>> {
  const name = folderPiece(folder);
  if (name === undefined || !flags.every(isFlag)) return talk.badArgument('folder or flag');
  const when = date === undefined ? '' : dateTime(date);
  if (when === undefined) return talk.badArgument('date');
  const how = `${flags.length === 0 ? '' : ` (${flags.join(' ')})`}${when} `;
  const pieces: Piece[] = ['APPEND ', name, how, message];
  const answer = await talk.run(pieces, { changes: true });
  const { code } = answer;
  const [uidValidity, uid] = code?.name === 'APPENDUID' ? code.argument.split(' ') : [];
  return resultOf(answer, () => ({ uid: asNumber(uid), uidValidity: asNumber(uidValidity) }));
}

/** date-time of RFC 9051 §9, in UTC; undefined for a date that has none. */
function dateTime(date: Date): string | undefined {
  const year = date.getUTCFullYear();
  if (!(year >= 1_000 && year <= 9_999)) return undefined;
  const day = String(date.getUTCDate()).padStart(2, '0');
  const time = date.toISOString().slice(11, 19);
  return ` "${day}-${MONTHS[date.getUTCMonth()] ?? ''}-${year} ${time} +0000"`;
}
