/** Everybody else: bystanders, readers and clinical canaries, drawn per one-second slice of a phase. Pure. */

import type { Profile } from '../profile/schema.ts';
import { poisson, randomStream, type RandomStream } from '../random.ts';
import { FASTEST } from '../units.ts';
import type { Phase } from '../words.ts';
import { drawPerson, type Cohorts } from './cohorts.ts';
import type { Journey } from './journey.ts';
import { backgroundNumber, MAX_PER_SLICE } from './numbering.ts';

/** What the background needs to know of the plan. */
export interface BackgroundSettings {
  readonly profile: Profile;
  readonly seed: number;
  readonly mailboxes: number;
  readonly speed: number;
  /** Mailboxes that wait for canaries. */
  readonly watchers: readonly number[];
  /** Who the people are, where the profile says. */
  readonly cohorts?: Cohorts | undefined;
}

const SECOND_US = 1_000_000;

/** Ordinary subjects. Some hold the word that the storm's searchers will look for: ordinary mail does. */
const ORDINARY_SUBJECTS = [
  'Rota for next week',
  'Minutes of the practice meeting',
  'Room booking confirmed',
  'Fire alarm test on Thursday',
  'Training day places',
  'Stock order',
] as const;

/** All background journeys whose instant lies in second `slice` of a phase, unsorted. */
export function* backgroundSlice(
  settings: BackgroundSettings,
  phase: Phase,
  slice: number,
): Generator<Journey> {
  yield* bystanders(settings, phase, slice);
  yield* readers(settings, phase, slice);
  yield* canaries(settings, phase, slice);
}

/** Bystander mail per real second: the full population's rate, scaled with mailboxes and speed. */
export function bystanderRatePerSecond(
  settings: Pick<BackgroundSettings, 'profile' | 'mailboxes' | 'speed'>,
  phase: Phase = 'storm',
): number {
  const { profile, mailboxes, speed } = settings;
  const factor = speed >= FASTEST ? squeezed(profile, phase) : speed;
  return profile.bystanders.rate * (mailboxes / profile.population.mailboxes) * factor;
}

/** Without gaps a phase of storm time lasts one second, and all its mail comes in that; real phases keep their own pace. */
function squeezed({ phases }: Profile, phase: Phase): number {
  return phase === 'storm' || phase === 'deletes' ? phases[phase] / SECOND_US : 1;
}

function* bystanders(settings: BackgroundSettings, phase: Phase, slice: number): Generator<Journey> {
  const stream = randomStream(settings.seed, `bystander.${phase}`, slice);
  const count = Math.min(poisson(stream, bystanderRatePerSecond(settings, phase)), MAX_PER_SLICE);
  for (let index = 0; index < count; index += 1) {
    const offsetUs = slice * SECOND_US + stream.integer(SECOND_US);
    const author = stream.integer(settings.mailboxes);
    const recipient = (author + 1 + stream.integer(settings.mailboxes - 1)) % settings.mailboxes;
    const subject = ORDINARY_SUBJECTS[stream.integer(ORDINARY_SUBJECTS.length)] as string;
    const number = backgroundNumber('bystander', phase, slice, index);
    const message = {
      ...originOf(settings.seed, number, settings.profile.bystanders.fromOutside),
      number,
      class: 'bystander',
      author,
      recipient,
      subject,
      role: 'ordinary',
      parent: -1,
    } as const;
    yield { id: number, kind: 'send', phase, offsetUs, actor: author, message };
  }
}

function* readers(settings: BackgroundSettings, phase: Phase, slice: number): Generator<Journey> {
  const stream = randomStream(settings.seed, `reader.${phase}`, slice);
  const count = Math.min(poisson(stream, settings.profile.readers.rate), MAX_PER_SLICE);
  for (let index = 0; index < count; index += 1) {
    const offsetUs = slice * SECOND_US + stream.integer(SECOND_US);
    const actor = readerOf(settings, stream);
    yield { id: backgroundNumber('reader', phase, slice, index), kind: 'read', phase, offsetUs, actor };
  }
}

/** Anybody, or somebody of a cohort that looks as often as the profile says. */
function readerOf({ cohorts, mailboxes }: BackgroundSettings, stream: RandomStream): number {
  const weights = cohorts?.readers;
  const drawn = cohorts && weights && drawPerson(cohorts, weights, stream);
  return drawn ?? stream.integer(mailboxes);
}

/** Canaries are stratified, one in each 1/rate of a second: a probe should look evenly, not by luck. */
function* canaries(settings: BackgroundSettings, phase: Phase, slice: number): Generator<Journey> {
  const { profile, watchers } = settings;
  const stream = randomStream(settings.seed, `canary.${phase}`, slice);
  const rate = profile.canaries.rate;
  const count = Math.min(Math.floor((slice + 1) * rate) - Math.floor(slice * rate), MAX_PER_SLICE);
  for (let index = 0; index < count; index += 1) {
    const offsetUs = slice * SECOND_US + Math.floor(((index + stream.uniform()) / count) * SECOND_US);
    const watcher = watchers[stream.integer(watchers.length)] as number;
    const author = (watcher + 1 + stream.integer(settings.mailboxes - 1)) % settings.mailboxes;
    const subjects = profile.canaries.subjects;
    const subject = subjects[stream.integer(subjects.length)] as string;
    const number = backgroundNumber('clinical', phase, slice, index);
    const message = {
      ...originOf(settings.seed, number, profile.canaries.fromOutside),
      number,
      class: 'clinical',
      author,
      recipient: watcher,
      subject,
      role: 'ordinary',
      parent: -1,
    } as const;
    yield { id: number, kind: 'canary', phase, offsetUs, actor: watcher, message };
  }
}

/** Whether a message comes from outside, by a stream of its own: the others' draws do not depend on the share. */
function originOf(seed: number, number: number, share = 0): { readonly origin?: 'outside' } {
  return share > 0 && randomStream(seed, 'origin', number).uniform() < share ? { origin: 'outside' } : {};
}
