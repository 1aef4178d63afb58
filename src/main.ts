#!/usr/bin/env node
/** argv in, exit code out. */

import { main } from './cli/cli.ts';

const code = await main(process.argv.slice(2)).catch((error: unknown) => {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${words}\nexit 107: a bug of ours\n`);
  return 107;
});
// Everything is written; a connection that a stopped run left hanging must not keep the process for its deadline.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
