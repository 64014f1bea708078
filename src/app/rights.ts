import type { Scene } from '../domain/conversation.js';
import type { Rights } from '../pipelines/sending/sending-deps.js';

/** What was asked for and refused, remembered per scene for as long as the router runs. Source: qq-bot-api §7.3, trap 28. */
export const rightsOf = (wantsMarkdown: (scene: Scene) => boolean): Rights => {
  const withoutMarkdown = new Set<Scene>();
  let mayType = true;
  return {
    mayMarkdown: ({ scene }) => wantsMarkdown(scene) && !withoutMarkdown.has(scene),
    loseMarkdown: ({ scene }) => {
      withoutMarkdown.add(scene);
    },
    mayType: () => mayType,
    loseTyping: () => {
      mayType = false;
    },
  };
};
