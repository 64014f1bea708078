import { type Json, objectOf, objectsIn, textOf } from '../json.js';

export type PermissionPolicy = 'deny' | 'allow' | 'ask';

export type PermissionOption = { readonly id: string; readonly name: string; readonly kind: string };

/** What an agent wants to be allowed. */
export type PermissionRequest = { readonly title: string; readonly options: readonly PermissionOption[] };

/** Options that are offered; agents offer four at most. */
const OPTIONS_MAX = 9;
/** Units: characters of a title or a name. */
const NAME_MAX = 300;

const YES = /^(?:y|yes|ok|allow|是|好|好的|行|可以|同意|允许|批准)[.!。！]?$/i;
const NO = /^(?:n|no|deny|reject|否|不|不行|不要|不可以|不同意|拒绝)[.!。！]?$/i;

export const permissionIn = (params: Json): PermissionRequest => ({
  title: (textOf(objectOf(params['toolCall'])?.['title']) ?? 'a tool').slice(0, NAME_MAX),
  options: objectsIn(params['options'])
    .slice(0, OPTIONS_MAX)
    .flatMap((option) => {
      const id = textOf(option['optionId']);
      const kind = textOf(option['kind']) ?? '';
      return id ? [{ id, kind, name: (textOf(option['name']) ?? kind).slice(0, NAME_MAX) }] : [];
    }),
});

const firstOf = ({ options }: PermissionRequest, kinds: readonly string[]): string | null =>
  kinds.flatMap((kind) => options.find((option) => option.kind === kind)?.id ?? [])[0] ?? null;

/** Once rather than for always: nobody has looked at it. */
export const allowedBy = (request: PermissionRequest): string | null =>
  firstOf(request, ['allow_once', 'allow_always']);
export const deniedBy = (request: PermissionRequest): string | null =>
  firstOf(request, ['reject_once', 'reject_always']);

/** The question as the user reads it. */
export const questionOf = ({ title, options }: PermissionRequest): string =>
  [
    `🔐 ${title}`,
    ...options.map(({ name }, index) => `${index + 1}. ${name}`),
    '（回复序号 / reply with a number）',
  ].join('\n');

/** The option a user's words choose: its number, its name, a yes or a no; null where they choose none. */
export const chosenBy = (request: PermissionRequest, words: string): string | null => {
  const said = words.trim();
  const byNumber = /^\d$/.test(said) ? request.options[Number(said) - 1]?.id : undefined;
  const byName = request.options.find(({ name }) => name.toLowerCase() === said.toLowerCase())?.id;
  if (byNumber ?? byName) return (byNumber ?? byName) as string;
  if (YES.test(said)) return allowedBy(request);
  return NO.test(said) ? deniedBy(request) : null;
};

/** The answer to the agent; without an option it is told that the question was taken back. */
export const outcomeFor = (option: string | null): object => ({
  outcome: option === null ? { outcome: 'cancelled' } : { outcome: 'selected', optionId: option },
});
