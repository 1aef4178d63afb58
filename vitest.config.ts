import { defineConfig } from 'vitest/config';

/** Three projects: `fast` needs nothing but Node; `real` starts Debian's mail servers; `long` does so for many minutes. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**'],
          testTimeout: 30_000,
          maxWorkers: 2,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'long',
          include: ['test/real/**/*.long.ts'],
          fileParallelism: false,
        },
      },
    ],
  },
});
