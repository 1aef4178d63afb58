/** Recipients made ready once for any number of messages: checked, and their commands joined. It must not know who took what. */

import type { Rejected } from '../../measure/outcome.ts';
import { refusal } from '../ending.ts';
import { isAsciiText, isSafeAddress, rcptCommand } from './envelope.ts';

const UNSAFE_ADDRESS = refusal(
  'ARGUMENT',
  'an address that is empty or has a space, a bracket or a control character cannot be sent',
);

const NOT_ASCII = refusal('UNSUPPORTED', 'the address is not ASCII and the server does not offer SMTPUTF8');

/** Why this address may not go into a command, if so (RFC 5321 §4.1.2; RFC 6531 §3.4). The null sender may. */
export function addressRefusal(address: string, smtpUtf8: boolean): Rejected | undefined {
  if (!isSafeAddress(address)) return UNSAFE_ADDRESS;
  return smtpUtf8 || isAsciiText(address) ? undefined : NOT_ASCII;
}

/**
 * A list of recipients. Make one where the same people get many messages: RCPT and DATA of each envelope are then
 * written once and copied afterwards.
 */
export class Recipients {
  readonly addresses: readonly string[];
  /** Every address can be sent to any server as it is. */
  readonly isPlain: boolean;
  /** Joined commands by the first position; of one recipient limit at a time, so never more bytes than the list has. */
  #groups: (Buffer | undefined)[] = [];
  #limit = 0;

  constructor(addresses: readonly string[]) {
    this.addresses = addresses;
    this.isPlain = addresses.every(
      (address) => address !== '' && isSafeAddress(address) && isAsciiText(address),
    );
  }

  /** Why the address at a position cannot be sent, if so. */
  refusal(position: number, smtpUtf8: boolean): Rejected | undefined {
    const address = this.addresses[position] ?? '';
    return address === '' ? UNSAFE_ADDRESS : addressRefusal(address, smtpUtf8);
  }

  /** RCPT of `count` recipients from a position, and DATA. `limit` is what the connection sends at most. */
  group(from: number, count: number, limit: number): Buffer {
    if (limit !== this.#limit) {
      this.#groups = [];
      this.#limit = limit;
    }
    const place = from / limit;
    const known = this.#groups[place];
    if (known !== undefined) return known;
    const made = rcptGroup(this.addresses.slice(from, from + count));
    // Only whole envelopes from whole places: what was put together otherwise is not met again.
    if (Number.isInteger(place) && (count === limit || from + count === this.addresses.length))
      this.#groups[place] = made;
    return made;
  }
}

/** RCPT* DATA as one piece (RFC 2920 §3.1). */
export function rcptGroup(addresses: readonly string[]): Buffer {
  return Buffer.from(`${addresses.map((address) => `${rcptCommand(address)}\r\n`).join('')}DATA\r\n`);
}
