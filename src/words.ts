/** The closed lists every room shares: operations, phases, reasons to drop. Words only; nothing here acts. */

/** The closed list of operation names. `journey.*` run from a journey's intended instant to its last end. */
export const OPERATIONS = [
  'smtp.connect',
  'smtp.submit',
  'imap.connect',
  'imap.signin',
  'imap.open',
  'imap.headers',
  'imap.body',
  'imap.search',
  'imap.store',
  'imap.move',
  'imap.expunge',
  'imap.idle',
  'imap.poll',
  'jmap.session',
  'jmap.query',
  'jmap.get',
  'jmap.set',
  'jmap.submit',
  'jmap.poll',
  'jmap.push',
  'http.submit',
  'http.list',
  'http.fetch',
  'http.delete',
  'http.poll',
  'journey.send',
  'journey.read',
  'journey.delete',
  'journey.canary',
] as const;

/** Journeys are what the dispatcher takes up; their lag is the generator's own, whatever the target does. */
export const JOURNEYS: readonly OperationName[] = OPERATIONS.filter((operation) =>
  operation.startsWith('journey.'),
);

/** Looks that a session makes by itself: too many and too cheap to stand beside what people attempt. */
export const BACKGROUND_OPERATIONS: readonly string[] = [
  'imap.poll',
  'imap.idle',
  'jmap.poll',
  'jmap.push',
  'http.poll',
];

export type OperationName = (typeof OPERATIONS)[number];

/** Why an operation was never carried through. Only `late` counts against the generator's fitness. */
export const DROP_REASONS = [
  'late',
  'starved',
  'pruned',
  'stepFailed',
  'abandoned',
  'held',
  'stopped',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** The phases of a run, in order. Each has its own zero. */
export const PHASES = ['baseline', 'storm', 'drain', 'deletes', 'recovery'] as const;

export type Phase = (typeof PHASES)[number];

/** What messages are handed in by. */
export type SubmitDoor = 'smtp' | 'jmap' | 'http';

/** What mailboxes are opened by. */
export type MailboxDoor = 'imap' | 'jmap' | 'http';

/** How people reach the mail system: it shapes no journey, only the steps each is made of. */
export interface Doors {
  readonly submit: SubmitDoor;
  readonly mailbox: MailboxDoor;
}

/** What people did, whatever it is called at the doors of a run. */
export type Deed = 'signIn' | 'open' | 'look' | 'submit';

export const USUAL_DOORS: Doors = { submit: 'smtp', mailbox: 'imap' };

/**
 * What stands for signing in, for opening a mailbox, and for a look at what came: over HTTP nobody signs in, and the
 * first listing is both of the first two.
 */
export const DOOR_OPERATIONS: Readonly<
  Record<
    MailboxDoor,
    { readonly signIn: OperationName; readonly open: OperationName; readonly look: OperationName }
  >
> = {
  imap: { signIn: 'imap.signin', open: 'imap.open', look: 'imap.poll' },
  jmap: { signIn: 'jmap.session', open: 'jmap.query', look: 'jmap.poll' },
  http: { signIn: 'http.list', open: 'http.list', look: 'http.poll' },
};

/** What stands for handing a message in. */
export const SUBMIT_OPERATIONS: Readonly<Record<SubmitDoor, OperationName>> = {
  smtp: 'smtp.submit',
  jmap: 'jmap.submit',
  http: 'http.submit',
};

/** The operation that stands for what people did. Two deeds may have one: over HTTP the first listing is signing in and opening. */
export function operationAt({ submit, mailbox }: Doors, deed: Deed): OperationName {
  return deed === 'submit' ? SUBMIT_OPERATIONS[submit] : DOOR_OPERATIONS[mailbox][deed];
}
