import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { messageFromJson, remoteMessageSchema } from '../../src/adapters/message-json.js';

describe('a message from JSON', () => {
  it('is taken as it is written', () => {
    const written = {
      markdown: '# Build',
      keyboard: { rows: [[{ label: 'Approve', action: { callback: 'approve:17' }, allow: { users: ['U1'] } }]] },
      media: { kind: 'image', url: 'https://img.example/x.png' },
      mentions: [{ user: 'U1' }],
      quote: 'REFIDX_1',
    };
    expect(messageFromJson(written, 'remote')).toEqual(written);
    expect(messageFromJson('hello', 'remote')).toBe('hello');
  });

  it('carries a file’s bytes as base64', () => {
    const message = messageFromJson({ media: [{ kind: 'file', name: 'a.txt', base64: 'aGk=' }] }, 'remote');
    expect(message).toEqual({ media: [{ kind: 'file', name: 'a.txt', data: new Uint8Array([104, 105]) }] });
  });

  it('names a file of this machine only where its writer may read it', () => {
    const message = { media: { kind: 'file', path: '/etc/passwd' } };
    expect(() => messageFromJson(message, 'remote')).toThrow(/media/);
    expect(messageFromJson(message, 'local')).toEqual(message);
    // Also where a name that is allowed stands beside it.
    const both = { media: { kind: 'file', path: '/etc/passwd', url: 'https://a.example/b' } };
    expect(() => messageFromJson(both, 'remote')).toThrow(/path/);
    expect(() => messageFromJson({ media: { kind: 'file', url: 'file:///etc/passwd' } }, 'remote')).toThrow(/media/);
  });

  it.each([
    [{ text: 'a', colour: 'red' }, /colour/],
    [
      { keyboard: { rows: [[{ label: 'a', action: { callback: 1 } }]] }, text: 'a' },
      /keyboard\.rows\[0\]\[0\]\.action/,
    ],
    [{ ark: { templateId: 'x', kv: [] } }, /ark\.templateId/],
    [{ embed: {} }, /embed\.title/],
    [{ media: { kind: 'image', base64: '?' } }, /media\.base64/],
    [7, /message/],
    [null, /message/],
  ])('says where %j is wrong', (written, why) => {
    expect(() => messageFromJson(written, 'remote')).toThrow(why);
  });

  it('is described by a JSON Schema', () => {
    expect(JSON.stringify(z.toJSONSchema(remoteMessageSchema, { io: 'input' }))).toContain('templateId');
  });
});
