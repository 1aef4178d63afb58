/** The shape of who the people are: cohorts by their share of the mailboxes, and what sets each apart. Reads no file. */

import { z } from 'zod';
import { real, share } from './leaves.ts';

/** Cohorts a record keeps figures of: each takes a histogram a phase on every load thread. */
const MOST_COHORTS = 8;

const weight = (what: string) =>
  real(0, 100, `How often ${what} is one of them, against a cohort of weight 1; 1 by default`).optional();

const cohort = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, {
      error: 'a name of at most 32 characters: lower case, digits, dashes',
    })
    .meta({ description: 'What the report calls them; a group, never a person' }),
  share: share('Share of the mailboxes'),
  replies: weight('somebody who replies to all'),
  readers: weight('somebody who signs in to look'),
  canaries: weight('somebody who waits for a clinical message'),
  deletes: share('Share of them who delete; deletes.users where it is not set').optional(),
});

type Weight = 'replies' | 'readers' | 'canaries';

const WEIGHTS: readonly Weight[] = ['replies', 'readers', 'canaries'];

/** Who the people are. Every mailbox is of one cohort. */
export const cohorts = z
  .array(cohort, { error: 'a list of cohorts' })
  .min(1)
  .max(MOST_COHORTS)
  .superRefine((list, context) => {
    const complain = (message: string): void => context.addIssue({ code: 'custom', message });
    const shares = list.reduce((sum, one) => sum + one.share, 0);
    if (Math.abs(shares - 1) >= 1e-6) complain('shares that add up to 100%');
    if (new Set(list.map(({ name }) => name)).size < list.length) complain('names of which each occurs once');
    for (const key of WEIGHTS)
      if (list.every((one) => one.share * (one[key] ?? 1) === 0))
        complain(`somebody whose ${key} is more than 0`);
  });
