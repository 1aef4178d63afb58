/** Sending mail: Identity/get, EmailSubmission/get and /set (RFC 8621 §6-7). Messages go in at the door that SMTP uses. */

import { type DoorAnswer, isTaken, MAX_MESSAGE_BYTES, MAX_RECIPIENTS, takeIn } from '../door.ts';
import type { Copy } from '../mailbox.ts';
import type { Message } from '../message.ts';
import { addressesOf } from './headers.ts';
import { accountId, emailId, readId, threadId } from './ids.ts';
import {
  type Call,
  fault,
  getAnswer,
  isFault,
  isObject,
  isString,
  isStrings,
  type Json,
  type Method,
  optional,
  orNull,
  realId,
  spend,
} from './method.ts';
import { carryOut } from './methods-set.ts';
import { invalidProperty, isSetError, type SetError, setError } from './patch.ts';
import { readSet } from './set.ts';

export const identities: Method = async (call) => {
  await spend(call, 'poll', 0);
  const id = identityId(call);
  const email = call.desk.account.address;
  const signatures = { replyTo: null, bcc: null, textSignature: '', htmlSignature: '' };
  return getAnswer(call, '0', new Map([[id, { id, name: '', email, ...signatures, mayDelete: false }]]));
};

/** Everybody is who they are, and nobody else. */
function identityId({ desk }: Call): string {
  return `i${desk.account.place}`;
}

export const get: Method = async (call) => {
  await spend(call, 'poll', 0);
  return getAnswer(call, call.desk.submissions.state, call.desk.submissions.known);
};

export const set: Method = async (call) => {
  const { args, desk, memory } = call;
  const setting = readSet(call);
  if (isFault(setting)) return setting;
  const patches = optional<Json, Json>(args['onSuccessUpdateEmail'], isObject, {});
  const goners = optional<readonly string[], readonly string[]>(args['onSuccessDestroyEmail'], isStrings, []);
  if (patches === undefined || goners === undefined)
    return fault(
      'invalidArguments',
      'onSuccessUpdateEmail or onSuccessDestroyEmail: a value of another type',
    );
  const oldState = desk.submissions.state;
  if (setting.ifInState !== null && setting.ifInState !== oldState) return fault('stateMismatch');
  const created = new Map<string, Json>();
  const notCreated = new Map<string, Json>();
  /** The emails of what was sent, by the submission's name in the two arguments. */
  const sent = new Map<string, string>();
  for (const [key, wanted] of setting.create) {
    const made = await submit(call, wanted);
    if (made === 'hangUp') return 'hangUp';
    if (isSetError(made)) notCreated.set(key, made);
    else {
      const { id } = made;
      created.set(key, made);
      memory.created.set(key, id);
      sent.set(`#${key}`, emailId(made.copyId)).set(id, emailId(made.copyId));
    }
  }
  const told = [...created].map(([key, made]): [string, Json] => [key, serverSet(made)]);
  const gone = (ids: readonly string[]): Map<string, Json> =>
    new Map(
      ids.map((id) => [id, desk.submissions.known.has(id) ? setError('forbidden') : setError('notFound')]),
    );
  const result = {
    accountId: accountId(desk.account),
    oldState,
    newState: desk.submissions.state,
    created: orNull(new Map(told)),
    updated: null,
    destroyed: null,
    notCreated: orNull(notCreated),
    notUpdated: orNull(gone(setting.update.map(([id]) => id))),
    notDestroyed: orNull(gone(setting.destroy)),
  };
  const update = Object.entries(patches).flatMap(([name, patch]) => {
    const email = sent.get(name);
    return email === undefined ? [] : [[email, patch] as const];
  });
  const destroy = goners.flatMap((name) => sent.get(name) ?? []);
  if (update.length + destroy.length === 0) return { result };
  const implicit = await carryOut(call, { ifInState: null, create: [], update, destroy });
  if (implicit === 'hangUp' || isFault(implicit)) return implicit;
  return { result, after: [['Email/set', implicit.result]] };
};

/** What the client cannot know of its own creation (RFC 8620 §5.3). */
function serverSet(made: Json): Json {
  const { id, threadId: thread, sendAt, undoStatus, deliveryStatus } = made;
  return { id, threadId: thread, sendAt, undoStatus, deliveryStatus, dsnBlobIds: [], mdnBlobIds: [] };
}

type Made = Json & { readonly id: string; readonly copyId: number };

async function submit(call: Call, wanted: unknown): Promise<Made | SetError | 'hangUp'> {
  const { context, desk, memory } = call;
  const beganUs = context.pace.nowUs();
  await spend(call, 'submit', 1);
  if (!isObject(wanted)) return invalidProperty('emailId');
  if (wanted['identityId'] !== identityId(call)) return invalidProperty('identityId');
  const given = wanted['emailId'];
  const number = readId('e', isString(given) ? realId(memory, given) : given);
  const copy = number === undefined ? undefined : desk.journal.copy(number);
  if (copy === undefined) return invalidProperty('emailId');
  if (copy.message.raw.length > MAX_MESSAGE_BYTES)
    return setError('tooLarge', { maxSize: MAX_MESSAGE_BYTES });
  const envelope = readEnvelope(wanted['envelope'] ?? null, copy.message, desk.account.address);
  if (isSetError(envelope)) return envelope;
  const { sender, recipients } = envelope;
  if (recipients.length === 0) return setError('noRecipients');
  if (recipients.length > MAX_RECIPIENTS)
    return setError('tooManyRecipients', { maxRecipients: MAX_RECIPIENTS });
  const invalid = recipients.filter((address) => !isTaken(context, address));
  if (invalid.length > 0) return setError('invalidRecipients', { invalidRecipients: invalid });
  const made = record(call, copy, envelope);
  const answer = takeIn(context, {
    raw: withoutBcc(copy.message),
    sender,
    recipients,
    helo: `[${memory.peer}]`,
    address: memory.peer,
    protocol: 'HTTP',
    queueId: `${accountId(desk.account)}.${copy.id}.${Math.floor(beganUs)}`,
    beganUs,
  });
  if (answer === 'hangUp') return 'hangUp';
  return answer === 'queued' ? { ...desk.submissions.add(made), copyId: copy.id } : REFUSALS[answer];
}

/** No SetError is a temporary failure; this is what a method would say (RFC 8620 §3.6.2). */
const REFUSALS: Readonly<Record<Exclude<DoorAnswer, 'queued' | 'hangUp'>, SetError>> = {
  failed: setError('serverUnavailable', { description: 'local error in processing' }),
  fullForNow: setError('overQuota', { description: 'mailbox full: try again later' }),
  full: setError('overQuota', { description: 'mailbox full' }),
};

interface Envelope {
  readonly sender: string;
  readonly recipients: readonly string[];
}

/** The client's, or one from the message's own fields (RFC 8621 §7). */
function readEnvelope(given: unknown, message: Message, ownAddress: string): Envelope | SetError {
  if (given === null) {
    const sender = addressesOf(message.fields, 'sender') ?? addressesOf(message.fields, 'from') ?? [];
    const named = ['to', 'cc', 'bcc'].flatMap((name) => addressesOf(message.fields, name) ?? []);
    const recipients = new Map(named.map(({ email }) => [email.toLowerCase(), email]));
    return { sender: sender[0]?.email ?? ownAddress, recipients: [...recipients.values()] };
  }
  const sender = isObject(given) ? addressIn(given['mailFrom']) : undefined;
  const list: unknown = isObject(given) ? given['rcptTo'] : undefined;
  const recipients = Array.isArray(list) ? list.map(addressIn) : [undefined];
  if (sender === undefined || recipients.includes(undefined)) return invalidProperty('envelope');
  return { sender, recipients: recipients as string[] };
}

/** An Address of an envelope; no line breaks into a trace field. */
function addressIn(value: unknown): string | undefined {
  const email = isObject(value) ? value['email'] : undefined;
  return isString(email) && email.length <= 320 && !/[\p{Cc}<>\s]/u.test(email) ? email : undefined;
}

function record({ desk }: Call, copy: Copy, { sender, recipients }: Envelope): Json {
  const queued = { smtpReply: '250 2.0.0 queued', delivered: 'queued', displayed: 'unknown' };
  return {
    identityId: `i${desk.account.place}`,
    emailId: emailId(copy.id),
    threadId: threadId(copy.id),
    envelope: {
      mailFrom: { email: sender, parameters: null },
      rcptTo: recipients.map((email) => ({ email, parameters: null })),
    },
    sendAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    undoStatus: 'final',
    deliveryStatus: Object.fromEntries(recipients.map((email) => [email, queued])),
    dsnBlobIds: [],
    mdnBlobIds: [],
  };
}

/** RFC 8621 §7.5: Bcc goes no further. */
function withoutBcc({ raw, fields }: Message): Buffer {
  const bcc = fields.filter((field) => field.name === 'bcc');
  if (bcc.length === 0) return raw;
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end } of bcc) {
    pieces.push(raw.subarray(from, start));
    from = end;
  }
  return Buffer.concat([...pieces, raw.subarray(from)]);
}
