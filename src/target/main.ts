/** The target's own process: starts a target when its parent says so and answers over IPC. Decides nothing by itself. */

import process from 'node:process';
import type { FromTarget, TargetConfig, ToTarget } from './config.ts';
import { type RunningTarget, startTarget } from './serve.ts';

let running: RunningTarget | undefined;

// The terminal sends SIGINT to the whole group; the parent decides when the storm and its target end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => process.exit(0));
// A target without a parent would hold its ports for ever.
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToTarget) => {
  switch (message.type) {
    case 'start':
      void start(message.config);
      break;
    case 'queue':
      tell({ type: 'queue', id: message.id, owed: running?.owed() ?? 0 });
      break;
    case 'stop':
      void stop();
      break;
  }
});

async function start(config: TargetConfig): Promise<void> {
  try {
    running = await startTarget(config);
    tell({ type: 'ready', ...running.ports });
  } catch (error) {
    tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

async function stop(): Promise<void> {
  await running?.stop();
  process.exit(0);
}

function tell(message: FromTarget): void {
  process.send?.(message);
}
