import { describe, expect, it, vi } from 'vitest';
import type { Target } from '../../src/domain/conversation.js';
import type { Anchor } from '../../src/domain/reply.js';
import { OpenAnchors } from '../../src/pipelines/open-anchors.js';
import { START_MS } from '../support/samples.js';

const PEERS_MAX = 50_000;
const MINUTE_MS = 60_000;

const userOf = (n: number): Target => ({ scene: 'c2c', openid: `u${n}` });
const anchorOf = (id: string, atMs = START_MS): Anchor => ({ kind: 'message', id, atMs });

const full = (atMs = START_MS) => {
  const onForgotten = vi.fn();
  const anchors = new OpenAnchors(onForgotten);
  for (let n = 0; n < PEERS_MAX; n += 1) anchors.note(userOf(n), anchorOf(`m${n}`, atMs));
  return { anchors, onForgotten };
};

describe('what may be answered', () => {
  it('of a peer is its newest eight, the newest first, each once', () => {
    const anchors = new OpenAnchors();
    for (let n = 0; n < 10; n += 1) anchors.note(userOf(0), anchorOf(`m${n}`, START_MS + n));
    anchors.note(userOf(0), anchorOf('m5', START_MS + 5));
    expect(anchors.of(userOf(0)).map(({ id }) => id)).toEqual(['m9', 'm8', 'm7', 'm6', 'm5', 'm4', 'm3', 'm2']);
  });

  it('is known of 50,000 peers; beyond, the one longest silent is forgotten, and told', () => {
    const { anchors, onForgotten } = full();
    anchors.note(userOf(0), anchorOf('again', START_MS + 1));
    expect(onForgotten).not.toHaveBeenCalled();
    anchors.note(userOf(PEERS_MAX), anchorOf('one more', START_MS + 59 * MINUTE_MS));
    expect(onForgotten.mock.calls).toEqual([[1]]);
    expect([anchors.of(userOf(0)).length, anchors.of(userOf(1)).length]).toEqual([2, 0]);
    anchors.note(userOf(PEERS_MAX + 1), anchorOf('and one', START_MS + 59 * MINUTE_MS));
    expect(onForgotten.mock.calls).toEqual([[1], [2]]);
  });

  it('of a peer whose window is over is forgotten without a word', () => {
    const { anchors, onForgotten } = full();
    anchors.note(userOf(PEERS_MAX), anchorOf('one more', START_MS + 60 * MINUTE_MS));
    expect(anchors.of(userOf(0))).toEqual([]);
    expect(onForgotten).not.toHaveBeenCalled();
  });
});
