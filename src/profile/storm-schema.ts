/** The shape of what only some storms have: the hours of the day. Optional throughout: what a profile does not set is not in its digest. */

import { z } from 'zod';
import { real, timeOfDay } from './leaves.ts';

/** How ready people are to answer over the day. It only thins: mu0 and n are those of an hour of factor 1. */
export const circadian = z.strictObject({
  blastAt: timeOfDay('When the blast leaves, on the clock of the people it goes to'),
  hourly: z
    .array(real(0, 1, 'Share of the answers that are written in this hour'), {
      error: '24 numbers from 0 to 1, from midnight on',
    })
    .length(24, { error: '24 numbers from 0 to 1, from midnight on' }),
});
