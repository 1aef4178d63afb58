/** The JMAP session object (RFC 8620 §2): who we are there, where things are, what the server bears. It must not lead off the approved endpoint. */

import type { Rejected } from '../../measure/outcome.ts';
import type { ApprovedEndpoint } from '../../profile/guard.ts';
import { refusal } from '../ending.ts';
import { pathWithin, strayRefusal } from '../http/classify.ts';
import { asCount, asObject, asString, type JsonObject, parseJson } from './values.ts';

export const CORE = 'urn:ietf:params:jmap:core';
export const MAIL = 'urn:ietf:params:jmap:mail';
export const SUBMISSION = 'urn:ietf:params:jmap:submission';

/** RFC 8620 §2. Sizes in octets. */
export interface JmapLimits {
  readonly maxSizeUpload: number;
  readonly maxConcurrentRequests: number;
  readonly maxSizeRequest: number;
  readonly maxCallsInRequest: number;
  readonly maxObjectsInGet: number;
  readonly maxObjectsInSet: number;
}

/** What RFC 8620 §2 suggests as the least, for a server that does not say. */
export const LEAST_LIMITS: JmapLimits = {
  maxSizeUpload: 50_000_000,
  maxConcurrentRequests: 4,
  maxSizeRequest: 10_000_000,
  maxCallsInRequest: 16,
  maxObjectsInGet: 500,
  maxObjectsInSet: 500,
};

export interface JmapSession {
  readonly accountId: string;
  /** Undefined where this user may not submit. */
  readonly submissionAccountId: string | undefined;
  readonly apiPath: string;
  /** URI templates of level 1 (RFC 6570), not yet judged. */
  readonly uploadUrl: string;
  readonly downloadUrl: string;
  readonly eventSourceUrl: string;
  readonly limits: JmapLimits;
  /** Answers carry it: another one means that the session must be read again. */
  readonly state: string;
}

/** Reads it; `base` is the path it came from. A URL that leads elsewhere is the guard's to refuse, and it has not seen it. */
export function readSession(body: Buffer, endpoint: ApprovedEndpoint, base: string): JmapSession | Rejected {
  const found = asObject(parseJson(body));
  const capabilities = asObject(found?.['capabilities']);
  if (found === undefined || capabilities === undefined)
    return refusal('PROTOCOL', `no JMAP session but ${JSON.stringify(body.toString('utf8', 0, 60))}`);
  if (asObject(capabilities[MAIL]) === undefined)
    return refusal(
      'UNSUPPORTED',
      `the server speaks JMAP, but no mail: ${MAIL} is not among its capabilities`,
    );
  const primary = asObject(found['primaryAccounts']) ?? {};
  const accountId = asString(primary[MAIL]) ?? onlyAccount(found);
  if (accountId === undefined) return refusal('PROTOCOL', 'a JMAP session without an account for mail');
  const apiUrl = asString(found['apiUrl']);
  if (apiUrl === undefined) return refusal('PROTOCOL', 'a JMAP session without an apiUrl');
  const apiPath = pathWithin(endpoint, base, apiUrl);
  if (apiPath === undefined) return strayRefusal(apiUrl, endpoint);
  return {
    accountId,
    submissionAccountId:
      asString(primary[SUBMISSION]) ?? (SUBMISSION in capabilities ? accountId : undefined),
    apiPath,
    uploadUrl: asString(found['uploadUrl']) ?? '',
    downloadUrl: asString(found['downloadUrl']) ?? '',
    eventSourceUrl: asString(found['eventSourceUrl']) ?? '',
    limits: readLimits(asObject(capabilities[CORE])),
    state: asString(found['state']) ?? '',
  };
}

/** A template with its variables put in, as a path of the approved endpoint; undefined where it leads elsewhere. */
export function expanded(
  endpoint: ApprovedEndpoint,
  session: JmapSession,
  template: string,
  variables: Readonly<Record<string, string>>,
): string | undefined {
  const known: Readonly<Record<string, string>> = { accountId: session.accountId, ...variables };
  const url = template.replaceAll(/\{([A-Za-z]+)\}/g, (_, name: string) =>
    encodeURIComponent(known[name] ?? ''),
  );
  return url === '' ? undefined : pathWithin(endpoint, session.apiPath, url);
}

function onlyAccount(found: JsonObject): string | undefined {
  const accounts = Object.keys(asObject(found['accounts']) ?? {});
  return accounts.length === 1 ? accounts[0] : undefined;
}

/** A limit of nothing would mean that nothing can be asked: such a server has said none. */
function readLimits(core: JsonObject | undefined): JmapLimits {
  const limit = (name: keyof JmapLimits): number => asCount(core?.[name]) || LEAST_LIMITS[name];
  return {
    maxSizeUpload: limit('maxSizeUpload'),
    maxConcurrentRequests: limit('maxConcurrentRequests'),
    maxSizeRequest: limit('maxSizeRequest'),
    maxCallsInRequest: limit('maxCallsInRequest'),
    maxObjectsInGet: limit('maxObjectsInGet'),
    maxObjectsInSet: limit('maxObjectsInSet'),
  };
}
