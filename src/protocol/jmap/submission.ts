/** Handing a message in over JMAP (RFC 8621 §4.8, §7): Email/import and EmailSubmission/set in one request. It must not choose how many recipients go together. */

import type { Call } from './channel.ts';
import { type Created, readCreated } from './methods.ts';
import type { JsonObject } from './values.ts';

export interface JmapEnvelope {
  readonly from: string;
  readonly to: readonly string[];
}

/** What is handed in: a blob that is imported first, or a message that lies there already. */
export type Letter = { readonly blobId: string; readonly mailboxId: string } | { readonly emailId: string };

/** What became of it. */
export interface Posted {
  /** Where it lies now, unless it was sent: what was imported is destroyed once a submission of it is accepted. */
  readonly emailId: string;
  /** One for each envelope, in order. */
  readonly sent: readonly Created[];
}

/** How an import is to look: seen or not, and when it came (milliseconds since 1970). */
export interface ImportOptions {
  readonly seen?: boolean;
  readonly receivedAtMs?: number;
}

/** Names of ours in one request. */
const IMPORTED = 'm';
const SUBMITTED = 's';

const IMPORT = 'Email/import';
const SUBMIT = 'EmailSubmission/set';

const nameOf = (at: number): string => `${SUBMITTED}${at}`;

/** Email/import of one uploaded message. */
export function importCall(
  accountId: string,
  letter: { readonly blobId: string; readonly mailboxId: string },
  { seen, receivedAtMs }: ImportOptions = {},
): Call {
  const email = {
    blobId: letter.blobId,
    mailboxIds: { [letter.mailboxId]: true },
    ...(seen === undefined ? {} : { keywords: seen ? { $seen: true } : {} }),
    // UTCDate (RFC 8620 §1.4): fractions of a second are left out where they are zero.
    ...(receivedAtMs === undefined
      ? {}
      : { receivedAt: new Date(receivedAtMs).toISOString().replace('.000', '') }),
  };
  return [IMPORT, { accountId, emails: { [IMPORTED]: email } }, IMPORTED];
}

export function readImported(args: JsonObject): Created {
  return readCreated(args, IMPORT, IMPORTED);
}

/** One submission an envelope, of the same message. */
export function postCalls(
  accounts: { readonly mail: string; readonly submission: string },
  letter: Letter,
  identityId: string,
  envelopes: readonly JmapEnvelope[],
): Call[] {
  const emailId = 'emailId' in letter ? letter.emailId : `#${IMPORTED}`;
  const create = Object.fromEntries(
    envelopes.map(({ from, to }, at) => [
      nameOf(at),
      {
        identityId,
        emailId,
        envelope: { mailFrom: { email: from }, rcptTo: to.map((email) => ({ email })) },
      },
    ]),
  );
  const onSuccessDestroyEmail = envelopes.map((_, at) => `#${nameOf(at)}`);
  const submit: Call = [SUBMIT, { accountId: accounts.submission, create, onSuccessDestroyEmail }, SUBMITTED];
  return 'emailId' in letter ? [submit] : [importCall(accounts.mail, letter), submit];
}

/** Reads the answers to `postCalls`. Where the import was refused, that is what became of every envelope. */
export function readPosted(answers: readonly JsonObject[], letter: Letter, envelopes: number): Posted {
  const submitted = answers.at(-1) ?? {};
  const imported: Created =
    'emailId' in letter
      ? { outcome: { kind: 'ok', evidence: '' }, id: letter.emailId }
      : readImported(answers[0] ?? {});
  const sent = Array.from({ length: envelopes }, (_, at) =>
    imported.id === undefined ? imported : readCreated(submitted, SUBMIT, nameOf(at)),
  );
  return { emailId: imported.id ?? '', sent };
}
