/** What the plan is made of: journeys, their messages and their fixed steps. Types and tables; nothing is drawn here. */

import {
  SUBMIT_OPERATIONS,
  type Doors,
  type MailboxDoor,
  type OperationName,
  type Phase,
  type SubmitDoor,
} from '../words.ts';
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

export type Steps = Readonly<Record<JourneyKind, readonly OperationName[]>>;

/** What somebody does at a mailbox, by what it is opened by. Over HTTP a body can only be asked for where there is one. */
const AT_MAILBOX: Readonly<
  Record<MailboxDoor, Readonly<Record<'read' | 'delete' | 'canary', readonly OperationName[]>>>
> = {
  imap: {
    read: ['imap.connect', 'imap.signin', 'imap.open', 'imap.headers', 'imap.body'],
    delete: ['imap.connect', 'imap.signin', 'imap.open', 'imap.headers'],
    canary: ['imap.connect', 'imap.signin', 'imap.open', 'imap.search', 'imap.body'],
  },
  jmap: {
    read: ['jmap.session', 'jmap.query', 'jmap.get'],
    delete: ['jmap.session', 'jmap.query'],
    canary: ['jmap.session', 'jmap.query', 'jmap.get'],
  },
  http: {
    read: ['http.list'],
    delete: ['http.list'],
    canary: ['http.list', 'http.fetch'],
  },
};

/** The fixed steps that the plan lists for each journey. What follows from the server's answers is induced. */
export function stepsOf({ submit, mailbox }: Doors): Steps {
  return STEPS[`${submit} ${mailbox}`];
}

function makeSteps(submit: SubmitDoor, mailbox: MailboxDoor): Steps {
  const { read, delete: remove, canary } = AT_MAILBOX[mailbox];
  const submission = SUBMIT_OPERATIONS[submit];
  return { send: [submission], read, delete: remove, canary: [submission, ...canary] };
}

const STEPS: Readonly<Record<`${SubmitDoor} ${MailboxDoor}`, Steps>> = {
  'smtp imap': makeSteps('smtp', 'imap'),
  'smtp jmap': makeSteps('smtp', 'jmap'),
  'smtp http': makeSteps('smtp', 'http'),
  'jmap imap': makeSteps('jmap', 'imap'),
  'jmap jmap': makeSteps('jmap', 'jmap'),
  'jmap http': makeSteps('jmap', 'http'),
  'http imap': makeSteps('http', 'imap'),
  'http jmap': makeSteps('http', 'jmap'),
  'http http': makeSteps('http', 'http'),
};

/** The `journey.*` operation of a kind. */
export const JOURNEY_OPERATION: Readonly<Record<JourneyKind, OperationName>> = {
  send: 'journey.send',
  read: 'journey.read',
  delete: 'journey.delete',
  canary: 'journey.canary',
};
