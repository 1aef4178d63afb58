#!/usr/bin/env node
/** argv in, exit code out. */

import { main } from './cli/cli.ts';

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nexit 107: a bug of ours\n`,
  );
  process.exitCode = 107;
}
