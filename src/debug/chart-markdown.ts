import { RouterError } from '../errors/router-error.js';
import { chartText } from './charts.js';

const START = /<!-- chart:(\S+) -->/g;
/** A block ends before the next begins, so that a forgotten end mark cannot swallow what stands between two charts. */
const BLOCK = /<!-- chart:(\S+) -->(?:(?!<!-- chart:)[\s\S])*?<!-- \/chart -->/g;

/**
 * The document with each chart between `<!-- chart:NAME -->` and `<!-- /chart -->` drawn anew.
 * Errors: `config.invalid` for an unknown chart and for a mark without its end.
 */
export const updateChartsInMarkdown = async (markdown: string): Promise<string> => {
  const blocks = [...markdown.matchAll(BLOCK)];
  if (blocks.length !== [...markdown.matchAll(START)].length) {
    throw new RouterError('config.invalid', 'a <!-- chart:NAME --> mark has no <!-- /chart --> after it');
  }
  const names = [...new Set(blocks.map(([, name]) => name ?? ''))];
  const drawn = new Map(
    await Promise.all(names.map(async (name) => [name, await chartText(name, 'mermaid')] as const)),
  );
  return markdown.replaceAll(
    BLOCK,
    (_, name: string) => `<!-- chart:${name} -->\n\n\`\`\`mermaid\n${drawn.get(name)}\`\`\`\n\n<!-- /chart -->`,
  );
};
