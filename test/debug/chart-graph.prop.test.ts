import { test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { type ChartEdge, chartGraph } from '../../src/debug/chart-graph.js';
import { type ExpectedEdge, randomMachine } from './random-machine.js';

const lineOf = ({ from, to, event, guard }: ExpectedEdge | ChartEdge): string => `${from} ${event} ${guard} ${to}`;

describe('the graph of any machine', () => {
  test.prop([randomMachine])('has every state as a node, parents before children', ({ machine, states }) => {
    const { nodes } = chartGraph(machine);
    expect(nodes.map(({ id }) => id)).toEqual(states);
    for (const [index, { parent }] of nodes.entries()) {
      expect(parent === null ? -1 : nodes.findIndex(({ id }) => id === parent)).toBeLessThan(index);
    }
  });

  test.prop([randomMachine])('has every transition as an edge, and no other', ({ machine, edges }) => {
    const drawn = chartGraph(machine).edges.filter(({ kind }) => kind !== 'history');
    expect(drawn.map(lineOf).sort()).toEqual(edges.map(lineOf).sort());
  });

  test.prop([randomMachine])('is plain JSON, with ids of its own', ({ machine }) => {
    const graph = chartGraph(machine);
    expect(JSON.parse(JSON.stringify(graph))).toStrictEqual(graph);
    expect(new Set(graph.edges.map(({ id }) => id)).size).toBe(graph.edges.length);
    expect(JSON.stringify(graph)).not.toMatch(/xstate\.|=>|function/);
  });
});
