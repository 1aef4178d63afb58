/** Mail APIs that are known by name, as data in the shape of a profile's own, and the key of a profile that names or describes one. It must not make a request. */

import { z } from 'zod';
import { mailApiBlock, type MailApiTemplate, type MailApiText } from './mail-api-schema.ts';

/**
 * maildev 2.2.1, by its own source. All mail lies in one place; a row is whole, its header fields decoded; a message that
 * is gone is a 500 with words.
 */
const MAILDEV: MailApiText = {
  auth: 'basic',
  list: {
    path: '/email?envelope.to.address={address}',
    id: '/id',
    owner: '/envelope/to',
    ownerAddress: '/address',
  },
  fetch: { path: '/email/{id}/source' },
  delete: { path: '/email/{id}' },
  identity: { headers: '/headers' },
  statuses: { gone: [404, 410], goneText: 'Email not found' },
};

/**
 * Mailpit, by its published OpenAPI document. An empty list of ids would delete everything: none is ever sent. Envelope
 * recipients that no header names stand in Bcc. A message handed in by /send is made anew from its parts, a recipient a
 * request, so that each has a copy of their own to delete.
 */
const MAILPIT: MailApiText = {
  auth: 'basic',
  submit: {
    path: '/api/v1/send',
    atOnce: 1,
    body: {
      From: { Email: '{from}' },
      To: [{ Email: '{to}' }],
      Subject: '{subject}',
      Text: '{body}',
      Headers: { 'Message-ID': '{messageId}', 'X-Replystorm-Run': '{mark}' },
    },
  },
  list: {
    path: '/api/v1/search?query=addressed:%22{address}%22&start={offset}&limit={limit}',
    rows: '/messages',
    id: '/ID',
    total: '/messages_count',
    order: 'newestFirst',
    pageSize: 1_000,
    owner: ['/To', '/Cc', '/Bcc'],
    ownerAddress: '/Address',
  },
  fetch: { path: '/api/v1/message/{id}/raw' },
  delete: { path: '/api/v1/messages', body: { IDs: ['{ids}'] }, atOnce: 500 },
  identity: { messageId: '/MessageID', subject: '/Subject' },
};

export const MAIL_APIS = { maildev: MAILDEV, mailpit: MAILPIT } as const;

export type MailApiName = keyof typeof MAIL_APIS;

/** A ready-made API by its name; undefined for a name that is none. */
export function readyMadeApi(name: string): MailApiTemplate | undefined {
  return isReadyMade(name) ? mailApiBlock.parse(MAIL_APIS[name]) : undefined;
}

function isReadyMade(name: string): name is MailApiName {
  return Object.hasOwn(MAIL_APIS, name);
}

const NAMES = Object.keys(MAIL_APIS);

const EXPECTED = `${NAMES.join(' or ')}, or a mapping that describes a mail API`;

const named = z
  .string({ error: EXPECTED })
  .meta({ description: 'A mail API that is known by name', enum: NAMES })
  .transform((name, context): MailApiTemplate => {
    const found = readyMadeApi(name);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: EXPECTED, input: name });
    return z.NEVER;
  });

/** How mailboxes are read over HTTP. It says where things are and nothing about what is sent: no part of the digest. */
export const mailApi = z.union([named, mailApiBlock], { error: EXPECTED });
