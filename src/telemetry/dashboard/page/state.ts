/** What the page knows, as signals: the run as it was told, the state of the connection, the time. It draws nothing and asks for nothing. */

import { computed, signal } from '@preact/signals';
import type { RunIdentity } from '../../moment.ts';
import {
  MOST_NOTES,
  type Ending,
  type FeltColumn,
  type Hello,
  type Latest,
  type Note,
  type PacePoint,
  type Second,
} from '../glance.ts';
import { mergeFelt, mergePace, putTogether } from '../history.ts';

type Numbered<T> = T & { readonly seq: number };

/** How the page stands with the run's server. */
export type Link =
  | { readonly kind: 'connecting' | 'live' | 'over' }
  | { readonly kind: 'lost'; readonly sinceMs: number }
  | { readonly kind: 'full' | 'barred' };

export const identity = signal<RunIdentity | null>(null);
export const latest = signal<Latest | null>(null);
export const pace = signal<readonly PacePoint[]>([]);
export const felt = signal<readonly Numbered<FeltColumn>[]>([]);
export const notes = signal<readonly Numbered<Note>[]>([]);
export const ending = signal<Ending | null>(null);
export const stopping = signal(false);
export const readOnly = signal(true);
export const link = signal<Link>({ kind: 'connecting' });

/** When the newest second came, on the browser's clock; null before the first. */
export const heardMs = signal<number | null>(null);

/** The browser's clock, looked at twice a second. */
export const nowMs = signal(Date.now());

/** How old the figures are, in whole seconds; null where there are none. */
export const ageS = computed(() =>
  heardMs.value === null ? null : Math.max(0, Math.floor((nowMs.value - heardMs.value) / 1_000)),
);

/** The plan has been carried out: no figures come any more before the verdict, and that is as it should be. */
export const closing = computed(
  () => ending.value === null && notes.value.some(({ event }) => event === 'end'),
);

/** A second is due each second; three without one is no hiccup of the network any more. */
const STALE_S = 3;

/** The figures are older than they should be. */
export const stale = computed(
  () => ending.value === null && !closing.value && ageS.value !== null && ageS.value >= STALE_S,
);

/** The first word after every connection. */
export function greet(hello: Hello): void {
  readOnly.value = hello.readOnly;
  stopping.value = hello.stopping;
  if (hello.identity !== null) identity.value = hello.identity;
  if (hello.whole) {
    ending.value = null;
    pace.value = hello.pace;
    felt.value = hello.felt;
    notes.value = hello.notes;
  } else {
    pace.value = putTogether([...pace.value, ...hello.pace], mergePace);
    felt.value = putTogether([...felt.value, ...hello.felt], mergeFelt);
    notes.value = [...notes.value, ...hello.notes].slice(-MOST_NOTES);
  }
  const isNews = hello.latest !== null && hello.latest.seq !== latest.value?.seq;
  if (hello.latest === null) heardMs.value = null;
  else if (isNews) heardMs.value = Date.now();
  latest.value = hello.latest;
}

/** One second of the run. */
export function hear(second: Second): void {
  latest.value = second.latest;
  if (second.pace !== null) pace.value = putTogether([...pace.value, second.pace], mergePace);
  felt.value = putTogether([...felt.value, ...second.felt], mergeFelt);
  heardMs.value = Date.now();
}

/** An event of the run. */
export function note(one: Numbered<Note>): void {
  notes.value = [...notes.value, one].slice(-MOST_NOTES);
}
