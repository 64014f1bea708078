/** A template card. Each item has a `value`, or a list in `obj`. Source: qq-bot-api §7.1. */
export type Ark = { readonly templateId: number; readonly kv: readonly ArkItem[] };

/** One field of a card: a text, or a list of rows. */
export type ArkItem =
  | { readonly key: string; readonly value: string }
  | { readonly key: string; readonly obj: readonly ArkObject[] };

export type ArkObject = { readonly obj_kv: readonly { readonly key: string; readonly value: string }[] };

const pairs = (values: Readonly<Record<string, string | undefined>>): ArkItem[] =>
  Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key: `#${key}#`, value }]));

/** Template 23: a list of lines, each with a link or without. `prompt` is what notifications show. */
export const linkList = (card: {
  readonly prompt: string;
  readonly description: string;
  readonly lines: readonly { readonly text: string; readonly link?: string }[];
}): Ark => ({
  templateId: 23,
  kv: [
    ...pairs({ DESC: card.description, PROMPT: card.prompt }),
    {
      key: '#LIST#',
      obj: card.lines.map(({ text, link }) => ({
        obj_kv: [{ key: 'desc', value: text }, ...(link === undefined ? [] : [{ key: 'link', value: link }])],
      })),
    },
  ],
});

/** Template 24: text beside a thumbnail. */
export const textWithThumbnail = (card: {
  readonly prompt: string;
  readonly description: string;
  readonly title: string;
  readonly subtitle?: string;
  /** The longer text below the title. */
  readonly text: string;
  /** A public URL. */
  readonly image?: string;
  readonly link?: string;
}): Ark => ({
  templateId: 24,
  kv: pairs({
    DESC: card.description,
    PROMPT: card.prompt,
    TITLE: card.title,
    METADESC: card.text,
    IMG: card.image,
    LINK: card.link,
    SUBTITLE: card.subtitle,
  }),
});

/** Template 37: a big picture of 975 × 540. */
export const bigPicture = (card: {
  readonly prompt: string;
  readonly title: string;
  readonly subtitle?: string;
  /** A public URL. */
  readonly cover?: string;
  readonly link?: string;
}): Ark => ({
  templateId: 37,
  kv: pairs({
    PROMPT: card.prompt,
    METATITLE: card.title,
    METASUBTITLE: card.subtitle,
    METACOVER: card.cover,
    METAURL: card.link,
  }),
});

const PICTURES: ReadonlySet<string> = new Set(['#IMG#', '#METACOVER#', '#PROMPT#']);
const NO_WORDS: ReadonlySet<string> = new Set(['img', 'icon', 'cover']);

/** The words of a card, in its order, for where it cannot be shown. Empty where it has none. */
export const arkText = ({ kv }: Ark): string => {
  const lines = kv.flatMap((item): string[] => {
    if ('value' in item) return PICTURES.has(item.key) ? [] : [item.value];
    return item.obj.map(({ obj_kv: line }) =>
      line
        .filter(({ key }) => !NO_WORDS.has(key))
        .map(({ value }) => value)
        .join(' '),
    );
  });
  const prompt = kv.find((item) => item.key === '#PROMPT#');
  const words = [...new Set(lines)].filter((line) => line.trim() !== '').join('\n');
  return words === '' && prompt && 'value' in prompt ? prompt.value : words;
};
