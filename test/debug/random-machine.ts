import fc from 'fast-check';
import { type AnyStateMachine, createMachine } from 'xstate';

type Shape = {
  readonly type: 'atomic' | 'final' | 'history' | 'compound' | 'parallel';
  readonly children: readonly Shape[];
};

/** `targets` are numbers to be taken round the list of all states; none: the transition stays. */
type Step = { readonly trigger: Trigger; readonly guard: string | null; readonly targets: readonly number[] };
type Trigger = 'event' | 'wildcard' | 'always' | 'after' | 'done' | 'error' | 'state done';

const TRIGGERS: readonly Trigger[] = ['event', 'wildcard', 'always', 'after', 'done', 'error', 'state done'];

const shape: fc.Arbitrary<Shape> = fc.letrec<{ box: Shape; state: Shape }>((tie) => ({
  box: fc.record({
    type: fc.constantFrom('compound' as const, 'parallel' as const),
    children: fc.array(tie('state'), { minLength: 1, maxLength: 3 }),
  }),
  state: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      type: fc.constantFrom('atomic' as const, 'final' as const, 'history' as const),
      children: fc.constant([]),
    }),
    tie('box'),
  ),
})).box;

const step: fc.Arbitrary<Step> = fc.record({
  trigger: fc.constantFrom(...TRIGGERS),
  guard: fc.option(fc.constantFrom('mayGo', 'isOpen')),
  targets: fc.array(fc.nat(), { maxLength: 2 }),
});

export type ExpectedEdge = { from: string; to: string | null; event: string; guard: string | undefined };
export type RandomMachine = {
  readonly machine: AnyStateMachine;
  readonly states: readonly string[];
  readonly edges: readonly ExpectedEdge[];
};

const idsOf = (node: Shape, id: string): readonly string[] => [
  id,
  ...node.children.flatMap((child, index) => idsOf(child, `${id}.s${index}`)),
];

const EVENTS: Readonly<Record<Trigger, string>> = {
  event: 'go.on',
  wildcard: '*',
  always: 'always',
  after: 'after quiet',
  done: 'done: work',
  error: 'error: work',
  'state done': 'done: ',
};

const keyOf = (id: string): string => id.slice(id.lastIndexOf('.') + 1);

const build = (tree: Shape, steps: readonly (readonly Step[])[]): RandomMachine => {
  const states = idsOf(tree, 'm');
  const edges: ExpectedEdge[] = [];
  const configOf = (node: Shape, id: string): Record<string, unknown> => {
    const mine = node.type === 'history' || node.type === 'final' ? [] : (steps[states.indexOf(id)] ?? []);
    const written = (trigger: Trigger): object[] =>
      mine
        .filter((each) => each.trigger === trigger)
        .map(({ guard, targets }) => {
          const to = targets.map((target) => states[target % states.length] as string);
          const event = trigger === 'state done' ? `done: ${keyOf(id)}` : EVENTS[trigger];
          for (const each of to.length === 0 ? [null] : to)
            edges.push({ from: id, to: each, event, guard: guard ?? undefined });
          return { ...(to.length > 0 && { target: to.map((each) => `#${each}`) }), ...(guard && { guard }) };
        });
    return {
      type: node.type,
      ...(node.type === 'compound' && { initial: 's0' }),
      on: { 'go.on': written('event'), '*': written('wildcard') },
      always: written('always'),
      after: { quiet: written('after') },
      invoke: { src: 'work', onDone: written('done'), onError: written('error') },
      onDone: written('state done'),
      states: Object.fromEntries(
        node.children.map((child, index) => [`s${index}`, configOf(child, `${id}.s${index}`)]),
      ),
    };
  };
  return { machine: createMachine({ id: 'm', ...configOf(tree, 'm') }), states, edges };
};

/** Small machines of every kind of state and transition, with what was written into them. */
export const randomMachine: fc.Arbitrary<RandomMachine> = fc
  .tuple(shape, fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 8 }))
  .map(([tree, steps]) => build(tree, steps));
