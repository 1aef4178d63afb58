/** Opening a folder: SELECT and EXAMINE, with what CONDSTORE and QRESYNC add (RFC 7162). It must not follow a changed UIDVALIDITY in silence. */

import type { Acceptance, Piece } from './command.ts';
import { staleText } from './mailbox.ts';
import type { DataResponse, StatusResponse } from './response.ts';
import { type ImapResult, resultOf } from './result.ts';
import { expandSet, isUidSet } from './sets.ts';
import { folderPiece, type Talk } from './talk.ts';
import { asNumber, asText, isList } from './values.ts';

export interface SelectOptions {
  /** EXAMINE. */
  readonly readOnly?: boolean;
  /** The UIDVALIDITY the caller's UIDs belong to: another one is refused as `UIDVALIDITY`, the folder staying open. */
  readonly uidValidity?: number | undefined;
  /** Ask for modification sequences (RFC 7162 §3.1.8). */
  readonly condstore?: boolean;
  /** What this caller last knew (RFC 7162 §3.2.5); QRESYNC must have been enabled. */
  readonly qresync?: {
    readonly uidValidity: number;
    readonly modSeq: number;
    readonly knownUids?: string;
  };
}

export interface SelectedFolder {
  readonly exists: number;
  /** 0 where the server did not say: it keeps no UIDs then (RFC 9051 §2.3.1.1). */
  readonly uidValidity: number;
  readonly uidNext: number;
  /** Undefined without CONDSTORE, or where this folder has none (NOMODSEQ). */
  readonly highestModSeq: number | undefined;
  /** With `qresync`: UIDs expunged since; the server may name some that never were (RFC 7162 §3.2.6). */
  readonly vanished: readonly number[];
  /** With `qresync`: UIDs that are new or whose flags changed since. */
  readonly changed: readonly number[];
}

/** What a resynchronisation may bring; no mailbox of ours holds more. */
const RESYNC_LIMIT = 1_000_000;

/** SELECT or EXAMINE, and what is known of the folder then. */
export async function select(
  talk: Talk,
  folder: string,
  options: SelectOptions,
): Promise<ImapResult<SelectedFolder>> {
  const name = folderPiece(folder);
  if (name === undefined) return talk.badArgument('folder');
  const parameters = parametersOf(talk, options);
  if (typeof parameters !== 'string') return parameters;
  const { view } = talk;
  // What comes from here on is of the next folder, also where this SELECT is refused (RFC 9051 §6.3.2).
  view.leave();
  const row = new SelectRow();
  const pieces: Piece[] = [options.readOnly === true ? 'EXAMINE ' : 'SELECT ', name, parameters];
  let stale: string | undefined;
  const answer = await talk.run(pieces, {
    accept: (response) => row.accept(response),
    settled: ({ status }) => {
      const remembered = view.opened(status === 'OK' ? folder : undefined, row.uidValidity);
      if (status !== 'OK') return undefined;
      const other = [options.uidValidity, remembered].find((before) => isOther(before, row.uidValidity));
      if (other !== undefined) stale = staleText(other, row.uidValidity);
      view.staleness = stale;
      return undefined;
    },
  });
  if (stale === undefined) return resultOf(answer, () => row.folder());
  const { startedUs, endedUs } = answer;
  return { ...talk.refused('UIDVALIDITY', stale), startedUs, endedUs };
}

/** A server that says no UIDVALIDITY cannot have changed it. */
function isOther(before: number | undefined, now: number): boolean {
  return before !== undefined && before !== 0 && now !== 0 && before !== now;
}

function parametersOf(talk: Talk, { condstore, qresync }: SelectOptions): string | ImapResult<never> {
  if (qresync !== undefined) {
    if (!talk.view.enabled.has('QRESYNC')) return talk.refused('UNSUPPORTED', 'QRESYNC is not enabled');
    const { uidValidity, modSeq, knownUids } = qresync;
    const numbers = [uidValidity, modSeq].every((number) => Number.isSafeInteger(number) && number > 0);
    if (!numbers || (knownUids !== undefined && !isUidSet(knownUids)))
      return talk.badArgument('QRESYNC state');
    return ` (QRESYNC (${uidValidity} ${modSeq}${knownUids === undefined ? '' : ` ${knownUids}`}))`;
  }
  if (condstore !== true) return '';
  return talk.offers('CONDSTORE') ? ' (CONDSTORE)' : talk.unsupported('CONDSTORE');
}

/** Gathers what a SELECT answers. */
class SelectRow {
  uidValidity = 0;
  #exists = 0;
  #uidNext = 0;
  #highestModSeq: number | undefined;
  #vanished: number[] = [];
  readonly #changed: number[] = [];

  folder(): SelectedFolder {
    return {
      exists: this.#exists,
      uidValidity: this.uidValidity,
      uidNext: this.#uidNext,
      highestModSeq: this.#highestModSeq,
      vanished: this.#vanished,
      changed: this.#changed,
    };
  }

  accept(response: DataResponse | StatusResponse): Acceptance {
    if (response.kind === 'status') return this.#acceptCode(response);
    if (response.name === 'EXISTS') this.#exists = response.number ?? 0;
    else if (response.name === 'VANISHED') return this.#acceptVanished(response);
    else if (response.name === 'FETCH') return this.#acceptFetch(response);
    else return 'ignored';
    return 'taken';
  }

  #acceptCode({ code }: StatusResponse): Acceptance {
    const value = asNumber(code?.argument);
    if (value === undefined) return 'ignored';
    if (code?.name === 'UIDVALIDITY') this.uidValidity = value;
    else if (code?.name === 'UIDNEXT') this.#uidNext = value;
    else if (code?.name === 'HIGHESTMODSEQ') this.#highestModSeq = value;
    else return 'ignored';
    return 'taken';
  }

  #acceptVanished(response: DataResponse): Acceptance {
    const [tag, set] = response.values() ?? [];
    if (!isList(tag) || (asText(tag[0]) ?? '').toUpperCase() !== 'EARLIER') return 'ignored';
    const uids = expandSet(asText(set) ?? '', RESYNC_LIMIT - this.#vanished.length);
    if (uids === undefined) return { problem: `VANISHED without a set, or of over ${RESYNC_LIMIT}` };
    this.#vanished = this.#vanished.concat(uids);
    return 'taken';
  }

  #acceptFetch(response: DataResponse): Acceptance {
    const [items] = response.values() ?? [];
    if (!isList(items)) return { problem: 'FETCH without a list' };
    const at = items.findIndex((item) => typeof item === 'string' && item.toUpperCase() === 'UID');
    const uid = at < 0 ? undefined : asNumber(items[at + 1]);
    if (uid === undefined) return 'ignored';
    if (this.#changed.length >= RESYNC_LIMIT) return { problem: `QRESYNC brought over ${RESYNC_LIMIT} rows` };
    this.#changed.push(uid);
    return 'taken';
  }
}
