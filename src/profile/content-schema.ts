/** The shape of what the storm's messages say and weigh. Optional throughout: what a profile does not set is not in its digest. Reads no file. */

import { z } from 'zod';
import { bytes, real, share } from './leaves.ts';

/** A picture's bounds where the profile does not say. */
const LEAST_PICTURE_BYTES = 30_000;
const MOST_PICTURE_BYTES = 300_000;

/** Pictures are made in memory, a few of them for all messages. */
const PICTURE_LIMIT_BYTES = 4_000_000;

/** A disclaimer longer than this would be cut where it is quoted first. */
const DISCLAIMER_LIMIT_BYTES = 16_384;

/** What a thread may weigh before it is cut: every reply is composed in memory. */
const CUT_LEAST_BYTES = 1_024;
const CUT_MOST_BYTES = 1_048_576;

const sized = (description: string, least: number, most: number) =>
  bytes(description).refine((size) => size >= least && size <= most, {
    error: `a size from ${least}B to ${most}B`,
  });

const roles = z
  .strictObject({
    removeMe: share('Replies that ask to be taken off the list'),
    stopReplying: share('Replies that tell everybody to stop replying'),
    joke: share('Jokes'),
    helpful: share('Replies that tell what to do, to everybody'),
    recall: share('Attempts to recall a message, which are messages to everybody too'),
  })
  .refine((shares) => Math.abs(Object.values(shares).reduce((sum, one) => sum + one, 0) - 1) < 1e-6, {
    error: 'shares that add up to 100%',
  });

const pictures = z
  .strictObject({
    share: share('Share of the replies that bring a picture along: a logo, a screenshot'),
    jokes: share('Share of the jokes that do; as many as of the others where it is not set').optional(),
    median: sized('Median size of a picture', 1_000, PICTURE_LIMIT_BYTES),
    sigma: real(0, 2, 'Sigma of the logarithm of its size'),
    least: sized('Smallest picture; 30kB by default', 1_000, PICTURE_LIMIT_BYTES).optional(),
    most: sized('Largest picture; 300kB by default', 1_000, PICTURE_LIMIT_BYTES).optional(),
  })
  .refine(
    ({ median, least = LEAST_PICTURE_BYTES, most = MOST_PICTURE_BYTES }) => least <= median && median <= most,
    { error: 'least <= median <= most' },
  );

/** What the messages of a storm say and weigh. Bytes follow from it; who replies when does not. */
export const content = z.strictObject({
  roles: roles.optional(),
  words: z
    .strictObject({
      median: real(1, 1_000, 'Median of the words that one person writes'),
      sigma: real(0, 3, 'Sigma of the logarithm of their number'),
    })
    .optional(),
  disclaimer: sized('Signature and disclaimer under every reply', 0, DISCLAIMER_LIMIT_BYTES).optional(),
  html: share('Share of the replies that say it in HTML too (multipart/alternative)').optional(),
  pictures: pictures.optional(),
  quoting: share('Share of the replies that quote all they answer; the others quote nothing').optional(),
  cutAt: sized(
    'A reply quotes no further once its plain text is so long; 64KiB by default',
    CUT_LEAST_BYTES,
    CUT_MOST_BYTES,
  ).optional(),
});

/** Bounds of a picture's size with their defaults, in bytes. */
export function pictureBounds(block: z.output<typeof pictures>): {
  readonly least: number;
  readonly most: number;
} {
  const { least = LEAST_PICTURE_BYTES, most = MOST_PICTURE_BYTES } = block;
  return { least, most };
}
