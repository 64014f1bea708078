/** What an agent may promise; each is tried by itself. */
export const PROMISES = [
  'attaches',
  'accepts',
  'answers',
  'numbers',
  'acknowledges',
  'tolerates',
  'works at once',
  'stops',
  'stays silent',
  'goes on',
  'refuses forgeries',
  'comes back',
  'steers',
  'pongs',
] as const;
/** The name of one. */
export type Promised = (typeof PROMISES)[number];

/** `untried`: the agent gave no occasion, or does not claim it. */
export type Finding = { readonly promise: Promised; readonly holds: 'yes' | 'no' | 'untried'; readonly detail: string };

export const yes = (promise: Promised, detail = ''): Finding => ({ promise, holds: 'yes', detail });
export const no = (promise: Promised, detail: string): Finding => ({ promise, holds: 'no', detail });
export const untried = (promise: Promised, detail: string): Finding => ({ promise, holds: 'untried', detail });
