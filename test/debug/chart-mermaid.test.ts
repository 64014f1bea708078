import { test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { conversationMachine, gatewayMachine } from '../../machines/index.js';
import { chartGraph } from '../../src/debug/chart-graph.js';
import { chartMermaid } from '../../src/debug/chart-mermaid.js';
import { readMermaid } from './mermaid-grammar.js';
import { randomMachine } from './random-machine.js';

const mermaidOf = (machine: AnyStateMachine): string => chartMermaid(chartGraph(machine));
const textOf = (...lines: string[]): string => ['stateDiagram-v2', ...lines, ''].join('\n');

describe('a Mermaid diagram', () => {
  it('nests boxes, and writes an arrow in the innermost box around both ends, before what it names', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: { on: { deep: 'box.y', plain: { guard: 'may', target: 'box' } } },
        box: {
          initial: 'x',
          states: { x: { on: { next: 'y' }, after: { 500: '#m.a' } }, y: { type: 'final' } },
          onDone: 'a',
        },
      },
    });
    expect(mermaidOf(machine)).toBe(
      textOf(
        '  [*] --> m_a',
        '  m_a --> m_box_y : deep',
        '  m_a --> m_box : plain [may]',
        '  m_box --> m_a : done#58; box',
        '  m_box_x --> m_a : after 500ms',
        '  state "a" as m_a',
        '  state "box" as m_box {',
        '    [*] --> m_box_x',
        '    m_box_x --> m_box_y : next',
        '    state "x" as m_box_x',
        '    state "y" as m_box_y',
        '    m_box_y --> [*]',
        '  }',
      ),
    );
  });

  it('puts all transitions between two states on one arrow, and says which branch is the rest', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          on: {
            one: [{ guard: 'may', target: 'b' }, { target: 'c' }],
            two: 'b',
            heard: { actions: ['note', 'tell'] },
            deaf: {},
          },
          always: { guard: 'must', target: 'b' },
        },
        b: {},
        c: {},
      },
    });
    expect(mermaidOf(machine)).toBe(
      textOf(
        '  [*] --> m_a',
        '  m_a --> m_b : one [may]<br/>two<br/>always [must]',
        '  m_a --> m_c : one [else]',
        '  state "a" as m_a',
        '  m_a : heard / note, tell',
        '  m_a : deaf (ignored)',
        '  state "b" as m_b',
        '  state "c" as m_c',
      ),
    );
  });

  it('lets a small state stand for a box where an arrow runs between the box and its inside', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'box',
      on: { reset: '.box', tick: { actions: 'count' } },
      states: {
        box: { initial: 'x', on: { skip: '.y' }, states: { x: { on: { back: '#m.box', top: '#m' } }, y: {} } },
      },
    });
    expect(mermaidOf(machine)).toBe(
      textOf(
        '  [*] --> m_box',
        '  m_root__any --> m_box : reset',
        '  m_box_x --> m_root__into : top',
        '  state "any of m" as m_root__any',
        '  m_root__any : tick / count',
        '  state "back into m" as m_root__into',
        '  state "box" as m_box {',
        '    [*] --> m_box_x',
        '    m_box__any --> m_box_y : skip',
        '    m_box_x --> m_box__into : back',
        '    state "any of box" as m_box__any',
        '    state "back into box" as m_box__into',
        '    state "x" as m_box_x',
        '    state "y" as m_box_y',
        '  }',
      ),
    );
  });

  it('divides regions, and draws a root of regions as a box', () => {
    const machine = createMachine({
      id: 'm',
      type: 'parallel',
      on: { over: '.l.b' },
      states: {
        l: { initial: 'a', states: { a: {}, b: {} } },
        r: { initial: 'c', states: { c: {}, h: { type: 'history' } } },
      },
    });
    expect(mermaidOf(machine)).toBe(
      textOf(
        '  m_root__any --> m_l_b : over',
        '  state "m" as m_root {',
        '    state "any of m" as m_root__any',
        '    --',
        '    state "l" as m_l {',
        '      [*] --> m_l_a',
        '      state "a" as m_l_a',
        '      state "b" as m_l_b',
        '    }',
        '    --',
        '    state "r" as m_r {',
        '      [*] --> m_r_c',
        '      m_r_h --> m_r_c : default',
        '      state "c" as m_r_c',
        '      state "H" as m_r_h',
        '    }',
        '  }',
      ),
    );
  });

  it.each([
    ['a:b;c#d', 'a#58;b#59;c#35;d'],
    ['{"x"} %%{y}', '#123;#34;x#34;#125; #37;#37;#123;y#125;'],
    ['<<fork>> <b>', '#60;#60;fork#62;#62; #60;b#62;'],
    ['[[join]]', '#91;#91;join#93;#93;'],
    ['the direction TB', 'the direction#160;TB'],
    ['line\nbreak', 'line#10;break'],
    ['some_name.*', 'some#95;name.#42;'],
    ['断线 重连', '断线 重连'],
  ])('keeps the name %j from breaking it', (name, written) => {
    const text = mermaidOf(
      createMachine({ id: 'm', initial: name, states: { [name]: { on: { [name]: { actions: name } } } } }),
    );
    expect(() => readMermaid(text)).not.toThrow();
    expect(text).toContain(`state "${written}" as m_`);
  });

  it('gives names that look alike ids of their own', () => {
    const text = mermaidOf(
      createMachine({ id: '连接', initial: 'a-b', states: { 'a-b': { on: { go: 'a b' } }, 'a b': {} } }),
    );
    expect(text).toContain('s_a_b --> s_a_b_2 : go');
  });

  it.each([gatewayMachine, conversationMachine])('of $id holds every state, each in its own box', (machine) => {
    const graph = chartGraph(machine);
    const { states } = readMermaid(chartMermaid(graph));
    const flat = (id: string): string => id.replaceAll('.', '_');
    for (const { id, parent, path } of graph.nodes.slice(1)) {
      expect(states.get(flat(id))).toBe(path.length === 1 ? null : flat(parent ?? ''));
    }
  });

  test.prop([randomMachine])('of any machine is well formed, and the same each time', ({ machine, states }) => {
    const text = mermaidOf(machine);
    const read = readMermaid(text);
    const hasOpenRoot = machine.root.type === 'compound';
    expect([...read.states.keys()].filter((id) => !id.includes('__'))).toHaveLength(
      states.length - (hasOpenRoot ? 1 : 0),
    );
    expect(mermaidOf(machine)).toBe(text);
  });
});
