/** The phases that people tell apart, as they would say it, in the order of events. */

import type { Phase } from '../words.ts';

export const MOMENTS: readonly { readonly phase: Phase; readonly words: string }[] = [
  { phase: 'baseline', words: 'before the storm' },
  { phase: 'storm', words: 'in the storm' },
  { phase: 'deletes', words: 'while people deleted' },
  { phase: 'recovery', words: 'afterwards' },
];
