/** The shape of what the questions need to be told: what is good enough, what a guard says, what to ask the operator's own gauges. Optional throughout; nothing here is in a digest unless it is set. */

import { z } from 'zod';
import { duration, real, share, text, whole } from './leaves.ts';

/** Most gauges a run asks: each is a picture of its own and a question every few seconds. */
const MOST_PROBES = 8;

/** What is good enough, and what is a catastrophe. The defaults are the code's, beside the reasons for them. */
export const objectives = z.strictObject({
  enter: duration('Getting into a mailbox should take at most this long; 5s by default').optional(),
  tolerance: real(
    1,
    100,
    'As before the storm means at most so many times as slow; 1.5 by default',
  ).optional(),
  majorIncident: share(
    'So many of the attempts to sign in fail in a window: somebody declares a major incident; 5% by default',
  ).optional(),
});

/** How the target's own guard refuses. Every condition that is set must hold; no code is known beforehand. */
export const guardExpected = z
  .strictObject({
    codes: z
      .array(whole(400, 599, 'An SMTP reply code'), { error: 'a list of reply codes' })
      .min(1)
      .optional(),
    enhanced: z
      .array(z.string().regex(/^[245]\.\d{1,3}\.\d{1,3}$/, { error: 'an enhanced code such as 5.7.1' }), {
        error: 'a list of enhanced codes',
      })
      .min(1)
      .optional(),
    text: text('Words that the refusal contains, in any case').optional(),
  })
  .refine((guard) => Object.keys(guard).length > 0, { error: 'at least one of codes, enhanced, text' });

/** A gauge of the operator's, by URL. Commands are flags only: a profile from elsewhere must not run any. */
export const probes = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, { error: 'a name in lower case, digits and dashes' }),
      url: z.url({ protocol: /^https?$/, error: 'an http or https URL' }).meta({
        description: 'Answers with one number; on this machine, or within blastRadius.cidrs, by address',
      }),
      unit: z.string().max(20).optional(),
      every: duration('Asked this often; 2s by default')
        .refine((us) => us >= 1_000_000, { error: 'at least 1s' })
        .optional(),
    }),
    { error: 'a list of probes' },
  )
  .max(MOST_PROBES);

export type GuardExpected = z.output<typeof guardExpected>;
