/** Flags of the dashboard: where it is, and what is no address. */

import { expect, test } from 'vitest';

import { readDashboard } from '../../src/cli/dashboard.ts';

const flags = (dashboard: string | undefined, dashboardReadOnly = false, quiet = false) =>
  readDashboard({ dashboard, dashboardReadOnly, quiet });

test('without the flag there is none, with nothing after it a free port of this machine', () => {
  expect(flags(undefined)).toBeUndefined();
  expect(flags('')).toEqual({ host: '127.0.0.1', port: 0 });
  expect(flags('127.0.0.1:8089')).toEqual({ host: '127.0.0.1', port: 8_089 });
  expect(flags('[::1]:0', true, true)).toEqual({ host: '::1', port: 0 });
});

test('what is wrong is said in words', () => {
  expect(flags('smoke')).toMatch(/^--dashboard: found "smoke", expected nothing, or an address/);
  expect(flags(undefined, true)).toMatch(/^--dashboard-read-only: found it without --dashboard/);
  // The token would be shown to nobody.
  expect(flags('0.0.0.0:0', false, true)).toMatch(/--quiet, expected one of them/);
});
