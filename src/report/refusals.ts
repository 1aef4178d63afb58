/** What a refusal means, in a sentence for a person: a closed table by code. It must not guess beyond the code. */

import type { RecordedRefusal } from '../record/record.ts';

/** Words of ours, where no server said anything or we did not ask. */
const OWN: Readonly<Record<string, string>> = {
  ARGUMENT: 'replystorm would not send this: it could have ended its own command.',
  UNSUPPORTED: 'The server does not offer what this needs; nothing was sent.',
  PROTOCOL: 'The server broke the protocol and the connection was given up.',
  UIDVALIDITY:
    'The server gave the folder’s messages new UIDs in mid-run (UIDVALIDITY changed): every UID known before names another message or none, so nothing more was done by UID.',
  TLS: 'No trusted TLS connection: see the certificate, its name and --tls-ca.',
  REFUSED: 'Nobody answered at the address and port.',
  CLOSED: 'The server hung up before it answered.',
  TIMEOUT: 'No answer came in time, and nothing had been handed over.',
};

/** IMAP response codes: RFC 5530 §3, RFC 9051 §7.1, RFC 9738, and what servers use beside them. */
const IMAP_CODES: Readonly<Record<string, string>> = {
  ALREADYEXISTS: 'What was to be made is there already.',
  AUTHENTICATIONFAILED: 'Wrong name or password, or a token that is not accepted (any more).',
  AUTHORIZATIONFAILED: 'The sign-in is right, but may not act as this person.',
  BADCHARSET: 'The server cannot search in this character set.',
  CANNOT: 'The server says that this can never be done here.',
  CLIENTBUG: 'The server believes that we made a mistake.',
  CONTACTADMIN: 'The account is locked or disabled: somebody must unlock it.',
  CORRUPTION: 'The server found its own data damaged.',
  EXPIRED: 'The password or account has expired.',
  EXPUNGEISSUED: 'Another session expunged messages that were asked for.',
  INUSE: 'Somebody else holds the mailbox at this moment; later it may work.',
  LIMIT: 'A limit of the server’s was reached: its limiter answered, not its store.',
  LOCKED: 'The account is locked or disabled, as the server says in words: somebody must unlock it.',
  MESSAGELIMIT: 'A command named more messages than the server takes at once.',
  NONEXISTENT: 'The mailbox is gone, or never was.',
  NOPERM: 'The person may not do this here.',
  NOTSAVED: 'The server could not keep the result of the search.',
  OVERQUOTA: 'The mailbox is full.',
  PRIVACYREQUIRED: 'The server wants TLS before this.',
  SERVERBUG: 'The server says that it made a mistake.',
  THROTTLED: 'The server slows this person down on purpose.',
  TRYCREATE: 'The mailbox is not there, but could be made.',
  UNAVAILABLE: 'A part of the server is down or overloaded; later it may work.',
  WEBALERT: 'The person must first confirm something in a browser.',
};

/** RFC 3463: the second and third number of an enhanced status code say what it is about. */
const SMTP_DETAILS: Readonly<Record<string, string>> = {
  '1.1': 'The recipient is not known there.',
  '2.1': 'The mailbox is disabled.',
  '2.2': 'The mailbox is full.',
  '2.3': 'The message is too large for this mailbox.',
  '3.1': 'The mail system is full.',
  '3.2': 'The mail system takes no messages at this moment.',
  '3.4': 'The message is too large for the mail system.',
  '4.5': 'The mail system is congested.',
  '5.3': 'Too many recipients at once.',
  '7.0': 'Refused by policy, often a limit on rate or connections.',
  '7.1': 'The sender may not send there.',
  '7.8': 'Wrong name or password, or a token that is not accepted (any more).',
};

/** RFC 5321 §4.2.2 and RFC 4954 §6, where no enhanced code says more. */
const SMTP_REPLIES: Readonly<Record<string, string>> = {
  '421': 'The mail system closes the connection: overloaded, or a limit was reached.',
  '450': 'The mailbox cannot be reached at this moment; often greylisting.',
  '451': 'The mail system had a trouble of its own; later it may work.',
  '452': 'Too little room, or too many recipients at once.',
  '454': 'Signing in is out of order at this moment.',
  '530': 'The server wants a sign-in first.',
  '535': 'Wrong name or password, or a token that is not accepted (any more).',
  '550': 'The mailbox is not there, or may not be written to.',
  '552': 'The mailbox or message is over its limit.',
  '554': 'The mail system will not take this.',
};

/** JMAP's types of error: RFC 8620 §3.6 and §5.3, RFC 8621 §4.6 and §7.5. */
const JMAP_TYPES: Readonly<Record<string, string>> = {
  accountNotFound: 'The account is not there.',
  accountReadOnly: 'The account may only be read.',
  forbidden: 'This person may not do that here.',
  forbiddenFrom: 'The sender may not send as the address in the message.',
  forbiddenMailFrom: 'The sender may not send there.',
  forbiddenToSend: 'This person may not send at all, perhaps for now.',
  invalidRecipients: 'A recipient is not an address that mail can go to.',
  limit: 'A limit of the server on requests was reached.',
  notFound: 'The message, folder or blob is not there (any more).',
  overQuota: 'The mailbox is full.',
  rateLimit: 'Too much in too short a time: a limiter answered.',
  requestTooLarge: 'More at once than the server takes.',
  serverFail: 'The server says that it had a trouble of its own.',
  serverUnavailable: 'A part of the server is down or overloaded; later it may work.',
  tooLarge: 'The message is too large for the mail system.',
  tooManyRecipients: 'Too many recipients at once.',
};

/** RFC 9110 §15, RFC 6585 §4, RFC 4918 §11.5. */
const HTTP_STATUSES: Readonly<Record<string, string>> = {
  '401': 'Wrong name or password, or a token that is not accepted (any more).',
  '403': 'This person may not do that here.',
  '404': 'What was asked for is not there.',
  '413': 'More at once than the server takes.',
  '429': 'Too much in too short a time: a limiter answered.',
  '500': 'The server says that it had a trouble of its own.',
  '502': 'What stands before the server had no proper answer from it.',
  '503': 'The server is down or overloaded; later it may work.',
  '504': 'What stands before the server had no answer from it in time.',
  '507': 'The mailbox is full.',
};

/** What is asked over the web: a number there is a status of HTTP, not a reply of SMTP. */
const WEB = /^(http|jmap)\./;

/** One sentence, never empty; what no table knows is said to be unknown. */
export function refusalSentence(
  refusal: Pick<RecordedRefusal, 'code' | 'enhanced'> & Partial<Pick<RecordedRefusal, 'operation'>>,
): string {
  const { code, enhanced, operation = '' } = refusal;
  const isWeb = WEB.test(operation);
  const types = isWeb ? { ...IMAP_CODES, ...JMAP_TYPES } : IMAP_CODES;
  const told = enhanced === null ? undefined : (types[enhanced] ?? smtpDetail(enhanced));
  if (told !== undefined) return told;
  const known = OWN[code] ?? (isWeb ? HTTP_STATUSES : SMTP_REPLIES)[code];
  if (known !== undefined) return known;
  if (code === 'BYE') return 'The server closed the session, with these words.';
  if (code === 'BAD') return 'The server did not understand the command, or not at this point.';
  if (code === 'other') return 'Codes beyond those that are kept one by one.';
  return 'No code says why; the server’s words are all that is known.';
}

/** `NO [INUSE]`, `452 4.5.3`, `CLOSED`. */
export function refusalCode({ code, enhanced }: Pick<RecordedRefusal, 'code' | 'enhanced'>): string {
  if (enhanced === null) return code;
  return /^\d/.test(code) ? `${code} ${enhanced}` : `${code} [${enhanced}]`;
}

function smtpDetail(enhanced: string): string | undefined {
  const match = /^[245]\.(\d{1,3}\.\d{1,3})$/.exec(enhanced);
  return match === null ? undefined : SMTP_DETAILS[match[1] ?? ''];
}

/** The protocol an operation is spoken in, as people write it. */
export function protocolOf({ operation }: Pick<RecordedRefusal, 'operation'>): string {
  return (operation.split('.')[0] ?? '').toUpperCase();
}
