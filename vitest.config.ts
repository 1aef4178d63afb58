import { defineConfig } from 'vitest/config';

/** Four projects: `fast` needs nothing but Node; `alone` measures time and wants a quiet machine; `real` starts Debian's mail servers; `long` does so for many minutes. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**', 'test/**/*.alone.test.ts'],
          testTimeout: 30_000,
          maxWorkers: 2,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'alone',
          include: ['test/**/*.alone.test.ts'],
          fileParallelism: false,
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
