/** Numbers that know their unit: text with a unit in, integers in the smallest unit out. No clock, no I/O. */

/** Parsed value, or what was expected instead. Expected failure is a value. */
export type Parsed =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly expected: string };

const MICROSECONDS: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  KiB: 1_024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
  TB: 1_000_000_000_000,
};

/** Occurrences per second for each unit of time a rate may be given in. */
const PER_SECOND: Readonly<Record<string, number>> = { s: 1, min: 1 / 60, h: 1 / 3_600, day: 1 / 86_400 };

const NUMBER_WITH_UNIT = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/;

/** `90s`, `1.5h`, `250ms` -> integer microseconds. A bare number is refused: its unit would be a guess. */
export function parseDurationUs(text: string): Parsed {
  return scaled(text, MICROSECONDS, 'a duration such as 250ms, 90s, 3m or 1.5h (units us, ms, s, m, h, d)');
}

/** `08:29` -> integer microseconds after midnight. */
export function parseTimeOfDayUs(text: string): Parsed {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  if (match === null) return { ok: false, expected: 'a time of day such as 08:29 (00:00 to 23:59)' };
  return { ok: true, value: (Number(match[1]) * 60 + Number(match[2])) * 60_000_000 };
}

/** `64KiB`, `10MB` -> integer bytes. */
export function parseBytes(text: string): Parsed {
  return scaled(text, BYTES, 'a size such as 512B, 64KiB or 10MB (units B, kB, KiB, MB, MiB, GB, GiB, TB)');
}

/** `20/s`, `60/min`, `4000000/day` -> occurrences per second (a float). */
export function parseRatePerSecond(text: string): Parsed {
  const expected = 'a rate such as 20/s, 60/min, 5/h or 4000000/day';
  const match = /^(\d+(?:\.\d+)?)\s*\/\s*(s|min|h|day)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : PER_SECOND[match[2]];
  if (match?.[1] === undefined || unit === undefined) return { ok: false, expected };
  return { ok: true, value: Number(match[1]) * unit };
}

/** `max`: twelve days of storm time, the longest phase, become a millisecond. */
export const FASTEST = 1e9;

/** `60x` -> 60. A speed is a positive factor by which the storm's own time is compressed; `max` leaves no gaps at all. */
export function parseSpeed(text: string): Parsed {
  if (text.trim() === 'max') return { ok: true, value: FASTEST };
  const match = /^(\d+(?:\.\d+)?)x$/.exec(text.trim());
  const value = Number(match?.[1] ?? Number.NaN);
  const expected = 'a speed such as 1x, 60x or 300x, or max';
  return value > 0 && value <= FASTEST ? { ok: true, value } : { ok: false, expected };
}

/** 60 -> `60x`, as `parseSpeed` reads it. */
export function formatSpeed(speed: number): string {
  return speed >= FASTEST ? 'max' : `${speed}x`;
}

/** `12.5%` -> 0.125. */
export function parseShare(text: string): Parsed {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text.trim());
  const value = Number(match?.[1] ?? Number.NaN) / 100;
  return value <= 1 ? { ok: true, value } : { ok: false, expected: 'a share such as 2.5% (0% to 100%)' };
}

/** Microseconds for people: `850 µs`, `12.3 ms`, `4.56 s`, `3 m 20 s`, `1 h 16 m`. */
export function formatDuration(us: number): string {
  if (us < 999.5) return `${Math.round(us)} µs`;
  if (us < 999_500) return `${threeDigits(us / 1_000)} ms`;
  if (us < 120_000_000) return `${threeDigits(us / 1_000_000)} s`;
  const seconds = Math.round(us / 1_000_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** Bytes for people, in powers of 1,000. */
export function formatBytes(bytes: number): string {
  if (bytes < 999.5) return `${Math.round(bytes)} B`;
  if (bytes < 999_500) return `${threeDigits(bytes / 1_000)} kB`;
  if (bytes < 999_500_000) return `${threeDigits(bytes / 1_000_000)} MB`;
  return `${threeDigits(bytes / 1_000_000_000)} GB`;
}

/** A count with thousands separated: `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-GB');
}

function scaled(text: string, units: Readonly<Record<string, number>>, expected: string): Parsed {
  const match = NUMBER_WITH_UNIT.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : units[match[2]];
  if (match?.[1] === undefined || unit === undefined) return { ok: false, expected };
  const value = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(value) ? { ok: true, value } : { ok: false, expected };
}

/** Borders lie half a last digit low: 9.996 has three digits as 10.0, not as 10.00. */
function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
