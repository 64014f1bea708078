import type { App } from './app.js';

type Known = { readonly pattern: RegExp; readonly methods: readonly string[] };

/** `/v1/turns/:id` as what its paths look like. */
const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+')}/?$`);

/**
 * Tells which methods a path has, of the routes that are added from now on.
 * Shape: sorted; empty where there is no such path, and for files, whose names are not known here.
 */
export const allowedMethods = (app: App): ((path: string) => readonly string[]) => {
  const routes: Known[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    if (!url.includes('*')) routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  return (path) => {
    const found = routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
    return [...new Set(found)].sort();
  };
};
