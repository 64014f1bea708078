import { type AnyEventObject, type EventObject, fromCallback, fromPromise, type NonReducibleUnknown } from 'xstate';

const missing = (name: string): never => {
  throw new Error(`actor "${name}" is not provided: wire the chart with .provide({ actors: { ${name} } })`);
};

/** Placeholders for what `src/actors` provides: a chart that is run unwired says which name is missing. */
export const unprovided = {
  promise: <Output, Input extends NonReducibleUnknown>(name: string) =>
    fromPromise<Output, Input>(async () => missing(name)),
  callback: <
    Received extends EventObject,
    Input extends NonReducibleUnknown,
    Sent extends EventObject = AnyEventObject,
  >(
    name: string,
  ) => fromCallback<Received, Input, Sent>(() => missing(name)),
};
