/** Pictures that people send along: PNG files of a given size, the same bytes for everybody who passes them on. Drawn from the seed. */

import { logNormal, mix32, randomStream } from '../../random.ts';
import type { Profile } from '../../profile/schema.ts';
import { pictureBounds } from '../../profile/content-schema.ts';

/** So many different pictures go round in a storm: they are kept, encoded, for as long as the composer lives. */
export const PICTURES = 16;

/** Characters of base64 on one line (RFC 2045 §6.8). */
const BASE64_LINE = 76;

/** Quantiles averaged per picture: sizes are dealt, so that a few pictures weigh what many would on average. */
const DRAWS = 64;

type PictureBlock = NonNullable<NonNullable<Profile['content']>['pictures']>;

/** The picture of a reply, or none: its number from 0 to PICTURES - 1. */
export function pictureOf(
  block: PictureBlock | undefined,
  seed: number,
  { number, role }: { readonly number: number; readonly role: string },
): number | undefined {
  if (block === undefined || role === 'blast' || role === 'ordinary') return undefined;
  const { share, jokes = share } = block;
  const stream = randomStream(seed, 'reply.picture', number);
  if (!(stream.uniform() < (role === 'joke' ? jokes : share))) return undefined;
  return stream.integer(PICTURES);
}

/** Sizes of all pictures in bytes, smallest first: the averages of equal slices of the bounded log-normal. */
export function pictureSizes(block: PictureBlock, seed: number): readonly number[] {
  const { least, most } = pictureBounds(block);
  const stream = randomStream(seed, 'picture.sizes', 0);
  const drawn = Float64Array.from({ length: PICTURES * DRAWS }, () =>
    Math.min(most, Math.max(least, logNormal(stream, block.median, block.sigma))),
  ).sort();
  return Array.from({ length: PICTURES }, (_, picture) => {
    const slice = drawn.subarray(picture * DRAWS, (picture + 1) * DRAWS);
    return Math.round(slice.reduce((sum, size) => sum + size, 0) / DRAWS);
  });
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** One grey pixel: width, height, depth 8, greyscale, no interlace (PNG §11.2.2). */
const HEADER = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);

/** Filter 0 and a grey value as one stored block of zlib (RFC 1950, RFC 1951 §3.2.4). */
const PIXEL = Buffer.from([0x78, 0x01, 0x01, 0x02, 0x00, 0xfd, 0xff, 0x00, 0x80, 0x00, 0x82, 0x00, 0x81]);

/** Length, type and checksum of a chunk. */
const CHUNK_BYTES = 12;

/**
 * A PNG of exactly so many bytes (at least 100): one pixel, and noise in a private chunk that viewers pass over, since
 * what counts is how much there is and that it does not compress.
 */
export function pictureBytes(sizeBytes: number, seed: number, picture: number): Buffer {
  const fixed = SIGNATURE.length + 4 * CHUNK_BYTES + HEADER.length + PIXEL.length;
  const noise = Buffer.alloc(Math.max(0, sizeBytes - fixed));
  let state = mix32(seed + mix32(picture)) | 1;
  for (let at = 0; at < noise.length; at += 1) {
    // Marsaglia's xorshift of 32 bits: fast, and nothing rests on its quality.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise[at] = state & 0xff;
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', HEADER),
    chunk('rsNo', noise),
    chunk('IDAT', PIXEL),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let value = octet;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 as PNG counts it (PNG §5.5, annex D). */
function crc32(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const octet of bytes) value = (CRC_TABLE[(value ^ octet) & 0xff] as number) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** What so many bytes take as base64 in lines, each with its end. */
export function base64Bytes(sizeBytes: number): number {
  const characters = 4 * Math.ceil(sizeBytes / 3);
  return characters + 2 * Math.ceil(characters / BASE64_LINE);
}

/** Bytes as lines of base64. */
export function base64Lines(bytes: Buffer): Buffer {
  const text = bytes.toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += BASE64_LINE) lines.push(text.slice(at, at + BASE64_LINE));
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1');
}
