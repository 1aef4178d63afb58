/** The session object: what the server can do, for whom, and where (RFC 8620 §2, RFC 8621 §1.3). Data only. */

import type { Account } from '../store.ts';
import { accountId } from './ids.ts';
import {
  MAX_MAILBOX_NAME_BYTES,
  MAX_CALLS,
  MAX_CONCURRENT_REQUESTS,
  MAX_CONCURRENT_UPLOADS,
  MAX_OBJECTS_IN_GET,
  MAX_OBJECTS_IN_SET,
  MAX_REQUEST_BYTES,
  MAX_UPLOAD_BYTES,
} from './limits.ts';
import { SORT_OPTIONS } from './methods-email.ts';
import type { Json } from './method.ts';

export const CAPABILITIES = {
  core: 'urn:ietf:params:jmap:core',
  mail: 'urn:ietf:params:jmap:mail',
  submission: 'urn:ietf:params:jmap:submission',
} as const;

/** Nothing in a session ever changes. */
export const SESSION_STATE = '0';

/** Where everything is; `{...}` are the client's to fill in (RFC 6570, level 1). */
export const PATHS = {
  wellKnown: '/.well-known/jmap',
  session: '/jmap/session',
  api: '/jmap/api',
  upload: '/jmap/upload/{accountId}/',
  download: '/jmap/download/{accountId}/{blobId}/{name}?accept={type}',
  events: '/jmap/events?types={types}&closeafter={closeafter}&ping={ping}',
} as const;

/** @param origin `http://127.0.0.1:8080`, as the client knows the server */
export function sessionObject(account: Account, origin: string): Json {
  const id = accountId(account);
  const mail = {
    maxMailboxesPerEmail: 1,
    maxMailboxDepth: 1,
    maxSizeMailboxName: MAX_MAILBOX_NAME_BYTES,
    maxSizeAttachmentsPerEmail: MAX_UPLOAD_BYTES,
    emailQuerySortOptions: SORT_OPTIONS,
    mayCreateTopLevelMailbox: true,
  };
  const submission = { maxDelayedSend: 0, submissionExtensions: {} };
  return {
    capabilities: { [CAPABILITIES.core]: CORE, [CAPABILITIES.mail]: {}, [CAPABILITIES.submission]: {} },
    accounts: {
      [id]: {
        name: account.address,
        isPersonal: true,
        isReadOnly: false,
        accountCapabilities: { [CAPABILITIES.mail]: mail, [CAPABILITIES.submission]: submission },
      },
    },
    primaryAccounts: { [CAPABILITIES.mail]: id, [CAPABILITIES.submission]: id },
    username: account.address,
    apiUrl: `${origin}${PATHS.api}`,
    downloadUrl: `${origin}${PATHS.download}`,
    uploadUrl: `${origin}${PATHS.upload}`,
    eventSourceUrl: `${origin}${PATHS.events}`,
    state: SESSION_STATE,
  };
}

const CORE = {
  maxSizeUpload: MAX_UPLOAD_BYTES,
  maxConcurrentUpload: MAX_CONCURRENT_UPLOADS,
  maxSizeRequest: MAX_REQUEST_BYTES,
  maxConcurrentRequests: MAX_CONCURRENT_REQUESTS,
  maxCallsInRequest: MAX_CALLS,
  maxObjectsInGet: MAX_OBJECTS_IN_GET,
  maxObjectsInSet: MAX_OBJECTS_IN_SET,
  collationAlgorithms: [],
} as const;
