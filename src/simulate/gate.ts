/** Who may still write to everybody: a cap on recipients, a guard on the thread, the deletion of the list. Exists only in a simulation. */

import type { Profile } from '../profile/schema.ts';

/** Why a message to everybody was refused. */
export type Refusal = 'recipientCap' | 'threadGuard' | 'listDeleted';

/** Judges messages to everybody in the order in which they arrive, in storm time after the blast. */
export class Gate {
  readonly #rules: NonNullable<Profile['simulate']>;
  /** Recipients of the real list: a scaled-down storm meets the guard that the real one would have met. */
  readonly #recipients: number;
  readonly #replies: number[] = [];
  #blockedFromUs = Number.POSITIVE_INFINITY;

  constructor(profile: Profile) {
    this.#rules = profile.simulate ?? {};
    this.#recipients = profile.population.mailboxes;
  }

  /** When the thread guard began or will begin to refuse, storm time; undefined if it never saw enough. */
  get blockedFromUs(): number | undefined {
    return Number.isFinite(this.#blockedFromUs) ? this.#blockedFromUs : undefined;
  }

  /** Whether a message to everybody passes; undefined: it does. */
  judge(stormUs: number, isReply: boolean): Refusal | undefined {
    const { guard, recipientCap, listDeletedAt } = this.#rules;
    if (listDeletedAt !== undefined && stormUs >= listDeletedAt) return 'listDeleted';
    if (recipientCap !== undefined && this.#recipients > recipientCap) return 'recipientCap';
    if (guard === undefined || !isReply || this.#recipients < guard.minRecipients) return undefined;
    if (stormUs >= this.#blockedFromUs) {
      if (stormUs < this.#blockedFromUs + guard.block) return 'threadGuard';
      this.#blockedFromUs = Number.POSITIVE_INFINITY;
    }
    this.#replies.push(stormUs);
    while ((this.#replies[0] ?? stormUs) <= stormUs - guard.window) this.#replies.shift();
    if (this.#replies.length >= guard.minReplies)
      this.#blockedFromUs = Math.min(this.#blockedFromUs, stormUs + guard.propagation);
    return undefined;
  }
}
