/** What the embedded target is to do wrong on purpose: rates, victims by name, and a seed of their own. Reads no file; does nothing wrong itself. */

import { z } from 'zod';
import { duration, whole } from './leaves.ts';

/** Everything it can do wrong, as a profile or `--misbehave` names it, with what it means. */
export const MISBEHAVIOURS = {
  lose: 'accepted, and never delivered',
  double: 'delivered twice',
  invent: "a message with this run's marks that nobody sent",
  stray: 'mail from nowhere',
  neighbour: 'mail to one person also given to the next mailbox',
  corrupt: 'a byte of the body changed',
  reorder: 'delivered after what came clearly later',
  delay: 'kept in the queue far past the end',
  expunge: 'gone after it was seen',
  resurrect: 'back after it was expunged',
  lie: '\\Deleted confirmed and not set',
  overreach: 'an EXPUNGE takes one message more',
  stall: 'nothing is delivered for a while (stallFor)',
  tempfail: 'refused for now at the end of DATA (451)',
  hangup: 'the line dropped after the final dot, half of them taken',
  quota: 'mail to one person refused, mailbox full (452 4.2.2 or 552 5.2.2)',
  downgrade: 'a connection that is offered no STARTTLS',
} as const;

export type MisbehaviourName = keyof typeof MISBEHAVIOURS;

const RATE = 'a rate such as 1/1000';
const VICTIM = 'a victim such as "lose 3/5": what, the message and the mailbox by number';

/** `1/1000` -> 1000: one in so many. */
export const oneIn = z.string({ error: RATE }).transform((text, context): number => {
  const parsed = Number(/^1\/([1-9]\d{0,8})$/.exec(text.trim())?.[1] ?? Number.NaN);
  if (!Number.isNaN(parsed)) return parsed;
  context.addIssue({ code: 'custom', message: RATE, input: text });
  return z.NEVER;
});

/** `lose 3/5` -> the copy of message 3 in mailbox 5. */
export const victim = z.string({ error: VICTIM }).transform((text, context): Victim => {
  const [, name = '', number, mailbox] = /^([a-z]+) (\d{1,15})\/(\d{1,8})$/.exec(text.trim()) ?? [];
  if (isName(name)) return { misdeed: name, number: Number(number), mailbox: Number(mailbox) };
  context.addIssue({ code: 'custom', message: VICTIM, input: text });
  return z.NEVER;
});

export interface Victim {
  readonly misdeed: MisbehaviourName;
  readonly number: number;
  readonly mailbox: number;
}

export function isName(name: string): name is MisbehaviourName {
  return Object.hasOwn(MISBEHAVIOURS, name);
}

const rates = Object.fromEntries(
  Object.entries(MISBEHAVIOURS).map(([name, meaning]) => [
    name,
    oneIn.meta({ description: `One in so many: ${meaning} (${RATE})` }).optional(),
  ]),
) as Record<MisbehaviourName, z.ZodOptional<typeof oneIn>>;

/** How long nothing moves, where the profile does not say. */
export const STALL_US = 5_000_000;

/** It says how the embedded target behaves and nothing about what is sent: no part of the digest. */
export const misbehave = z.strictObject({
  seed: whole(0, Number.MAX_SAFE_INTEGER, 'Seed of who is struck; 0 by default').optional(),
  ...rates,
  only: z
    .array(victim, { error: `a list; ${VICTIM}` })
    .meta({ description: `Victims by name, whatever the rates say (${VICTIM})` })
    .optional(),
  stallFor: duration('How long nothing moves after a stall; 5s by default').optional(),
});

export type Misbehave = z.output<typeof misbehave>;
