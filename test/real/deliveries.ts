/** What Postfix says in its log of each delivery: the witness that faults are held against. It reads, and judges nothing. */

import { parseMessageId } from '../../src/storm/numbering.ts';

/** One attempt to deliver one message of ours to one address. */
export interface Delivery {
  readonly number: number;
  /** In lower case. */
  readonly to: string;
  /** The list it came by; undefined for mail to one person. */
  readonly by: string | undefined;
  /** The part of Postfix that did it: lmtp, discard, retry ... */
  readonly agent: string;
  readonly status: 'sent' | 'bounced' | 'deferred' | 'expired';
  /** RFC 3463. */
  readonly code: string;
}

/** Deliveries of messages that bear our ids, in the order of the log. Needs `enable_long_queue_ids = yes`: short ids come again. */
export function deliveriesIn(log: string): Delivery[] {
  const numbers = new Map<string, number>();
  const deliveries: Delivery[] = [];
  for (const line of log.split('\n')) {
    const named = / postfix\/cleanup\[\d+\]: (\w+): message-id=(<[^>]*>)/.exec(line);
    const identity = named?.[2] === undefined ? undefined : parseMessageId(named[2]);
    if (named?.[1] !== undefined && identity !== undefined) numbers.set(named[1], identity.number);
    const tried =
      / postfix\/(\w+)\[\d+\]: (\w+): to=<([^>]*)>,(?: orig_to=<([^>]*)>,)? .*dsn=([\d.]+), status=(\w+)/.exec(
        line,
      );
    if (tried === null) continue;
    const [, agent = '', queueId = '', to = '', by, code = '', status] = tried;
    const number = numbers.get(queueId);
    if (number !== undefined)
      deliveries.push({
        number,
        to: to.toLowerCase(),
        by,
        agent,
        code,
        status: status as Delivery['status'],
      });
  }
  return deliveries;
}
