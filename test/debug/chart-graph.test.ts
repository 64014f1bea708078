import { describe, expect, it } from 'vitest';
import { and, assign, createMachine, fromPromise, not, raise, stateIn } from 'xstate';
import { conversationMachine, gatewayMachine } from '../../machines/index.js';
import { chartGraph } from '../../src/debug/chart-graph.js';

const lines = (graph: ReturnType<typeof chartGraph>): readonly string[] =>
  graph.edges.map(
    ({ from, to, event, guard }) => `${from} → ${to}: ${event}${guard === undefined ? '' : ` [${guard}]`}`,
  );

describe('nodes', () => {
  it('say what a state is, and what it does by name', () => {
    const { nodes } = chartGraph(
      createMachine({
        id: 'm',
        initial: 'a',
        states: {
          a: {
            description: 'the first',
            tags: ['busy'],
            entry: ['greet', { type: 'part', params: 'now' }, () => undefined],
            exit: raise({ type: 'left' }),
            invoke: [{ src: 'work' }, { id: 'mine', src: fromPromise(async () => 2) }],
            after: { 500: 'b' },
          },
          b: { type: 'final' },
        },
      }),
    );
    expect(nodes).toEqual([
      {
        ...{ id: 'm', key: 'm', path: [], type: 'compound', parent: null, initial: 'm.a' },
        ...{ entry: [], exit: [], tags: [], invokes: [] },
      },
      {
        ...{ id: 'm.a', key: 'a', path: ['a'], type: 'atomic', parent: 'm', initial: null, description: 'the first' },
        ...{ entry: ['greet', 'part(now)', '(inline)'], exit: ['raise'], tags: ['busy'] },
        invokes: [
          { id: '0.m.a', src: 'work' },
          { id: 'mine', src: '(inline)' },
        ],
      },
      {
        ...{ id: 'm.b', key: 'b', path: ['b'], type: 'final', parent: 'm', initial: null },
        ...{ entry: [], exit: [], tags: [], invokes: [] },
      },
    ]);
  });

  it('know regions and history', () => {
    const graph = chartGraph(
      createMachine({
        id: 'm',
        type: 'parallel',
        states: {
          left: { initial: 'a', states: { a: {}, b: {}, back: { type: 'history', history: 'deep', target: 'b' } } },
          right: { initial: 'c', states: { c: { id: 'sea' }, again: { type: 'history' } } },
        },
      }),
    );
    expect(graph.nodes.map(({ id, type, initial, history }) => [id, type, initial, history])).toEqual([
      ['m', 'parallel', null, undefined],
      ['m.left', 'compound', 'm.left.a', undefined],
      ['m.left.a', 'atomic', null, undefined],
      ['m.left.b', 'atomic', null, undefined],
      ['m.left.back', 'history', null, 'deep'],
      ['m.right', 'compound', 'sea', undefined],
      ['sea', 'atomic', null, undefined],
      ['m.right.again', 'history', null, 'shallow'],
    ]);
    expect(lines(graph)).toEqual(['m.left.back → m.left.b: default', 'm.right.again → sea: default']);
  });
});

describe('edges', () => {
  it('name what sets them off as a person would', () => {
    const graph = chartGraph(
      createMachine({
        id: 'm',
        initial: 'a',
        on: { 'xstate.error.actor.*': '.c' },
        states: {
          a: {
            invoke: [
              { src: 'getToken', onDone: 'b', onError: 'c', onSnapshot: 'a' },
              { id: 'one', src: 'twin', onDone: 'b' },
              { id: 'two', src: 'twin', onDone: 'c' },
            ],
            after: { quiet: 'b', 1500: 'c' },
            on: { 'frame.*': 'b', '*': 'c' },
            always: { guard: 'isOver', target: 'c' },
          },
          b: { initial: 'x', states: { x: { type: 'final' } }, onDone: 'c' },
          c: {},
        },
      }),
    );
    expect(lines(graph)).toEqual([
      'm → m.c: error: *',
      'm.a → m.b: frame.*',
      'm.a → m.c: *',
      'm.a → m.b: done: getToken',
      'm.a → m.c: error: getToken',
      'm.a → m.a: snapshot: getToken',
      'm.a → m.b: done: one',
      'm.a → m.c: done: two',
      'm.a → m.c: after 1500ms',
      'm.a → m.b: after quiet',
      'm.a → m.c: always [isOver]',
      'm.b → m.c: done: b',
    ]);
    expect(graph.edges.map(({ kind }) => kind).join(' ')).toBe(
      'error event event done error event done done after after always done',
    );
    expect(graph.edges.map(({ delay }) => delay).filter((delay) => delay !== undefined)).toEqual([1500, 'quiet']);
  });

  it('name guards and actions, and show no bodies', () => {
    const isReady = (): boolean => true;
    const { edges } = chartGraph(
      createMachine({
        id: 'm',
        on: {
          a: {
            guard: { type: 'verdictIs', params: 'stop' },
            actions: ['note', assign({}), { type: 'say', params: { x: 1 } }],
          },
          b: { guard: and(['hasSession', not(isReady)]) },
          c: { guard: stateIn('#m') },
          d: { guard: () => true, actions: () => undefined },
        },
      }),
    );
    expect(edges.map(({ event, guard, actions }) => [event, guard, actions])).toEqual([
      ['a', 'verdictIs(stop)', ['note', 'assign', 'say']],
      ['b', '(hasSession and not isReady)', []],
      ['c', 'in #m', []],
      ['d', '(inline)', ['(inline)']],
    ]);
  });

  it('tell staying from coming back, and one target from several', () => {
    const { edges } = chartGraph(
      createMachine({
        id: 'm',
        type: 'parallel',
        on: { both: ['.l.b', { target: ['.l.b', '.r.d'], reenter: true }], none: {} },
        states: {
          l: { initial: 'a', states: { a: {}, b: {} }, on: { self: 'l', again: { target: 'l', reenter: true } } },
          r: { initial: 'c', states: { c: {}, d: {} } },
        },
      }),
    );
    expect(edges.map(({ id, transition, to, internal }) => [id, transition, to, internal])).toEqual([
      ['m#0', 'm#0', 'm.l.b', true],
      ['m#1', 'm#1', 'm.l.b', false],
      ['m#1.1', 'm#1', 'm.r.d', false],
      ['m#2', 'm#2', null, true],
      ['m.l#0', 'm.l#0', 'm.l', true],
      ['m.l#1', 'm.l#1', 'm.l', false],
    ]);
  });
});

describe('the router’s own machines', () => {
  it.each([gatewayMachine, conversationMachine])('$id has only names a person can read', (machine) => {
    const text = JSON.stringify(chartGraph(machine));
    expect(text).not.toMatch(/xstate\.|\(inline\)/);
  });

  it('says what the gateway does when no token comes', () => {
    expect(lines(chartGraph(gatewayMachine))).toEqual(
      expect.arrayContaining([
        'gateway.obtainingToken → gateway.lost: error: getToken',
        'gateway.obtainingToken → gateway.lost: after requestTimeout',
        'gateway.lost → gateway.stopped: always [verdictIs(stop)]',
      ]),
    );
  });
});
