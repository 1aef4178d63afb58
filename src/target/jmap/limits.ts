/** What one client may ask of the JMAP server, as its session object announces it (RFC 8620 §2). Numbers only. */

import { MAX_MESSAGE_BYTES } from '../door.ts';

/** Of an API request: a thousand imports with their mailboxes and keywords fit ten times over. */
export const MAX_REQUEST_BYTES = 10_000_000;

/** What is uploaded is a message to be sent: as large as one that comes by SMTP. */
export const MAX_UPLOAD_BYTES = MAX_MESSAGE_BYTES;

/** Uploads of one account at a time; RFC 8620 §2 asks for four. */
export const MAX_CONCURRENT_UPLOADS = 4;

/** Requests of one account at a time. A person has one or two clients; in a storm also readers, watchers and deleters. */
export const MAX_CONCURRENT_REQUESTS = 64;

/** RFC 8620 §2 asks for sixteen; a refusal is to be met by those who go to the limit, not by everybody. */
export const MAX_CALLS = 32;

/** Twice what RFC 8620 §2 asks for. */
export const MAX_OBJECTS_IN_GET = 1_000;
export const MAX_OBJECTS_IN_SET = 1_000;

/** Ids of one query's answer; a client pages through more (RFC 8620 §5.5). */
export const MAX_QUERY_IDS = 10_000;

/** Of a mailbox's name, in octets of UTF-8: what RFC 8621 §1.3.1 asks for at least, and as many fit IMAP's encoding too. */
export const MAX_MAILBOX_NAME_BYTES = 100;

/** Properties of one /get: more is a mistake, and each costs for a thousand objects. */
export const MAX_PROPERTIES = 100;

/** Values and characters that one request's answers and references may amount to: memory has to hold them twice. */
export const MAX_RESPONSE_UNITS = 64 * 1024 * 1024;

/** Depth of a request's JSON; the deepest that makes sense is a filter's. */
export const MAX_DEPTH = 32;
