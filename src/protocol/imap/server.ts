/** What a server tells about itself and its limits: ID (RFC 2971) and quotas (RFC 9208). It must not judge them. */

import type { Acceptance, Piece } from './command.ts';
import { quotedOrLiteral } from './command.ts';
import type { DataResponse, StatusResponse } from './response.ts';
import { type ImapResult, resultOf } from './result.ts';
import { folderPiece, type Talk } from './talk.ts';
import { asNumber, asText, isList } from './values.ts';

/** One limit of one quota root. STORAGE counts units of 1,024 octets, MESSAGE messages (RFC 9208 §5). */
export interface QuotaResource {
  readonly root: string;
  /** Upper case: `STORAGE`, `MESSAGE`, `MAILBOX`. */
  readonly name: string;
  readonly usage: number;
  readonly limit: number;
}

/** RFC 2971 §3.3 allows thirty fields. */
const ID_FIELDS = 30;

const QUOTA_RESOURCES = 1_000;

/** ID: names us where `fields` are given, answers the server's own fields by lower-case name; NIL values are left out. */
export async function id(
  talk: Talk,
  fields: Readonly<Record<string, string>>,
): Promise<ImapResult<ReadonlyMap<string, string>>> {
  if (!talk.offers('ID')) return talk.unsupported('ID');
  const pairs = Object.entries(fields);
  if (pairs.flat().some((text) => /[\0\r\n]/.test(text)) || pairs.length > ID_FIELDS) {
    return talk.badArgument('ID field');
  }
  const pieces: Piece[] = ['ID '];
  for (const [index, text] of pairs.flat().entries())
    pieces.push(index === 0 ? '(' : ' ', quotedOrLiteral(text));
  pieces.push(pairs.length === 0 ? 'NIL' : ')');
  const told = new Map<string, string>();
  const answer = await talk.run(pieces, { accept: (response) => acceptId(response, told) });
  return resultOf(answer, () => told);
}

function acceptId(response: DataResponse | StatusResponse, told: Map<string, string>): Acceptance {
  if (response.kind !== 'data' || response.name !== 'ID') return 'ignored';
  const [fields] = response.values() ?? [];
  if (!isList(fields)) return 'taken';
  for (let i = 0; i + 1 < fields.length && told.size < ID_FIELDS; i += 2) {
    const name = asText(fields[i]);
    const value = asText(fields[i + 1]);
    if (name !== undefined && value !== undefined) told.set(name.toLowerCase(), value);
  }
  return 'taken';
}

/** GETQUOTAROOT of a folder: every limit that applies to it; none where the folder has no quota. */
export async function quota(talk: Talk, folder: string): Promise<ImapResult<readonly QuotaResource[]>> {
  if (!talk.offers('QUOTA')) return talk.unsupported('QUOTA');
  const name = folderPiece(folder);
  if (name === undefined) return talk.badArgument('folder');
  const resources: QuotaResource[] = [];
  const answer = await talk.run(['GETQUOTAROOT ', name], {
    accept: (response) => acceptQuota(response, resources),
  });
  return resultOf(answer, () => resources);
}

function acceptQuota(response: DataResponse | StatusResponse, resources: QuotaResource[]): Acceptance {
  if (response.kind !== 'data') return 'ignored';
  if (response.name === 'QUOTAROOT') return 'taken';
  if (response.name !== 'QUOTA') return 'ignored';
  const [rootName, list] = response.values() ?? [];
  const root = asText(rootName);
  if (root === undefined || !isList(list)) return { problem: 'QUOTA without root and resources' };
  for (let i = 0; i + 2 < list.length; i += 3) {
    const [name, usage, limit] = [asText(list[i]), asNumber(list[i + 1]), asNumber(list[i + 2])];
    if (name === undefined || usage === undefined || limit === undefined)
      return { problem: 'QUOTA without numbers' };
    if (resources.length >= QUOTA_RESOURCES) return { problem: `over ${QUOTA_RESOURCES} quota resources` };
    resources.push({ root, name: name.toUpperCase(), usage, limit });
  }
  return 'taken';
}
