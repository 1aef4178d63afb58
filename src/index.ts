/** The library's door: re-exports only. Unstable before 1.0. */

export { formatDuration, parseDurationUs } from './units.ts';
