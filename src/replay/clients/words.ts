/** An outcome in a person's words. It judges nothing. */

/** What a server said that was not ok. */
export function wordsOf(outcome: {
  readonly kind: string;
  readonly text?: string;
  readonly because?: string;
}): string {
  return outcome.text ?? outcome.because ?? outcome.kind;
}
