/** What the plan is made of: journeys, their messages and their fixed steps. Types and tables; nothing is drawn here. */

import type { OperationName, Phase } from '../words.ts';
import type { Role } from './cascade.ts';

export const JOURNEY_KINDS = ['send', 'read', 'delete', 'canary'] as const;

export type JourneyKind = (typeof JOURNEY_KINDS)[number];

/** `storm` mail is junk; `clinical` must arrive and survive; `bystander` is everybody else's ordinary mail. */
export type MessageClass = 'storm' | 'clinical' | 'bystander';

/** One message as planned: its bytes follow from this and the run's id (see messages.ts). */
export interface PlannedMessage {
  readonly number: number;
  readonly class: MessageClass;
  /** Mailbox that sends it; of a message from outside, the number of its sender there. */
  readonly author: number;
  /** It comes from outside, where the target has a door for that. */
  readonly origin?: 'outside';
  /** Mailbox it is for; `list` for everybody. */
  readonly recipient: number | 'list';
  readonly subject: string;
  readonly role: Role | 'blast' | 'ordinary';
  /** The list message it answers; -1 for none. */
  readonly parent: number;
  /** Mailbox addressed beside the list: the author of what it answers, where the list's replies go to both. */
  readonly alsoTo?: number;
}

/** `sweep` is a rule: it takes the junk at once, and what comes late as it comes. */
export type Selection = 'one' | 'page' | 'range' | 'search' | 'sweep';
/** `emptyTrash` throws away like `trash`, and empties the whole Trash later. */
export type Disposal = 'trash' | 'expunge' | 'emptyTrash';

/** How one person deletes. */
export interface DeleteStrategy {
  readonly selection: Selection;
  readonly disposal: Disposal;
  /** Real time between two clicks, in microseconds. */
  readonly clickUs: number;
  readonly pageSize: number;
  /** Real time between the last click and the emptying of Trash, in microseconds. */
  readonly emptyAfterUs: number;
}

/** One thing a person sets out to do, at an instant after its phase's zero. */
export interface Journey {
  readonly id: number;
  readonly kind: JourneyKind;
  readonly phase: Phase;
  /** Real microseconds after the phase's zero. */
  readonly offsetUs: number;
  /** Mailbox of the person; a canary's watcher. It decides the shard. */
  readonly actor: number;
  readonly message?: PlannedMessage;
  readonly strategy?: DeleteStrategy;
}

/** The fixed steps that the plan lists for each journey. What follows from the server's answers is induced. */
export const STEPS: Readonly<Record<JourneyKind, readonly OperationName[]>> = {
  send: ['smtp.submit'],
  read: ['imap.connect', 'imap.signin', 'imap.open', 'imap.headers', 'imap.body'],
  delete: ['imap.connect', 'imap.signin', 'imap.open', 'imap.headers'],
  canary: ['smtp.submit', 'imap.connect', 'imap.signin', 'imap.open', 'imap.search', 'imap.body'],
};

/** The `journey.*` operation of a kind. */
export const JOURNEY_OPERATION: Readonly<Record<JourneyKind, OperationName>> = {
  send: 'journey.send',
  read: 'journey.read',
  delete: 'journey.delete',
  canary: 'journey.canary',
};
