import type { Scene } from '../domain/conversation.js';
import type { Keyboard } from '../domain/message.js';
import type { Rights } from '../pipelines/sending/sending-deps.js';
import type { LostRight } from './events.js';

export type OwnRights = Rights & { readonly lost: () => readonly LostRight[] };

/** What was asked for and refused, remembered per scene for as long as the router runs. Source: qq-bot-api §7.3, trap 28. */
export const rightsOf = (wantsMarkdown: (scene: Scene) => boolean, stopKeyboard: Keyboard | null = null): OwnRights => {
  const withoutMarkdown = new Set<Scene>();
  const withoutKeyboard = new Set<string>();
  let mayType = true;
  return {
    lost: () => {
      const keyboards = new Set([...withoutKeyboard].map((key) => key.slice(0, key.indexOf(':')) as Scene));
      return [
        ...[...withoutMarkdown].map((scene) => ({ right: 'markdown', scene }) as const),
        ...[...keyboards].map((scene) => ({ right: 'keyboard', scene }) as const),
        ...(mayType ? [] : [{ right: 'typing' } as const]),
      ];
    },
    mayMarkdown: ({ scene }) => wantsMarkdown(scene) && !withoutMarkdown.has(scene),
    loseMarkdown: ({ scene }) => {
      withoutMarkdown.add(scene);
    },
    lacksMarkdown: ({ scene }) => withoutMarkdown.has(scene),
    lacksKeyboard: ({ scene }, keyboard) => withoutKeyboard.has(keyOf(scene, keyboard)),
    loseKeyboard: ({ scene }, keyboard) => {
      withoutKeyboard.add(keyOf(scene, keyboard));
    },
    ...(stopKeyboard && { stopKeyboard }),
    mayType: () => mayType,
    loseTyping: () => {
      mayType = false;
    },
  };
};

/** Source: qq-bot-api §7.4: 304037 for templates, 304057 for the others. */
const keyOf = (scene: Scene, keyboard: Keyboard): string => `${scene}:${'template' in keyboard ? 'template' : 'own'}`;
