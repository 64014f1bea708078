import { defineConfig } from 'vitest/config';

/** `unit` runs in one process and on virtual time; `e2e` starts the built command beside an emulator. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          // Laws run some hundred cases each; a busy machine needs its time for them.
          testTimeout: 60_000,
          // One world of modules for all: what holds state is made anew by each test, and nothing is mocked.
          isolate: false,
          // All cores: the runner would leave one of two idle.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // What a page or another process shows, it shows when a busy machine gets to it.
          expect: { poll: { timeout: 20_000 } },
          // More than there are cores: most of their time they wait.
          maxWorkers: 3,
          // After the unit tests, which would take the time that its processes are measured by.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
