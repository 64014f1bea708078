import { z } from 'zod';
import type { OutgoingMessage } from '../domain/message.js';
import { RouterError } from '../errors/router-error.js';

/** Units: characters of base64; some 30 MB of bytes. What is larger is given by URL. */
const BASE64_CHARS_MAX = 40_000_000;
const TEXT_CHARS_MAX = 200_000;

const text = () => z.string().max(TEXT_CHARS_MAX);
const webUrl = () => z.url({ protocol: /^https?$/ });
const kind = z.enum(['image', 'video', 'voice', 'file']);
const name = z.string().min(1).max(255).optional();

const byUrl = z.strictObject({ kind, name, url: webUrl().describe('Fetched by the platform.') });
const byBase64 = z.strictObject({
  kind,
  name,
  base64: z.base64().min(1).max(BASE64_CHARS_MAX).describe('The file’s bytes.'),
});
const byUpload = z.strictObject({ kind, name, uploaded: z.string().min(1).describe('`file_info` of an upload.') });
const byPath = z.strictObject({ kind, name, path: z.string().min(1).describe('A file of the router’s machine.') });

const remoteMedia = z.union([byUrl, byBase64, byUpload]);
const localMedia = z.union([byUrl, byBase64, byUpload, byPath]);

const action = z.union([
  z.strictObject({ open: webUrl() }),
  z.strictObject({ callback: z.string() }),
  z.strictObject({
    input: z.string(),
    send: z.boolean().optional(),
    quote: z.boolean().optional(),
    pickImage: z.boolean().optional(),
  }),
]);

const button = z.strictObject({
  id: z.string().min(1).optional(),
  label: z.string().min(1),
  pressedLabel: z.string().optional(),
  style: z.enum(['grey', 'blue', 'red', 'filled']).optional(),
  action,
  group: z.string().min(1).optional(),
  allow: z
    .union([
      z.enum(['everyone', 'admins']),
      z.strictObject({ users: z.array(z.string()) }),
      z.strictObject({ roles: z.array(z.string()) }),
    ])
    .optional(),
  confirm: z.strictObject({ text: z.string(), yes: z.string().optional(), no: z.string().optional() }).optional(),
  unsupported: z.string().optional(),
});

const arkItem = z.union([
  z.strictObject({ key: z.string().min(1), value: z.string() }),
  z.strictObject({
    key: z.string().min(1),
    obj: z.array(z.strictObject({ obj_kv: z.array(z.strictObject({ key: z.string().min(1), value: z.string() })) })),
  }),
]);

const messageWith = <Media extends z.ZodType>(media: Media) =>
  z
    .strictObject({
      text: text().optional(),
      markdown: z
        .union([
          text(),
          z.strictObject({ template: z.string().min(1), params: z.record(z.string(), z.string()).optional() }),
        ])
        .optional(),
      keyboard: z
        .union([
          z.strictObject({ template: z.string().min(1) }),
          z.strictObject({ rows: z.array(z.array(button).max(5)).max(5) }),
        ])
        .optional(),
      embed: z
        .strictObject({
          title: z.string().min(1),
          prompt: z.string().optional(),
          description: z.string().optional(),
          thumbnail: webUrl().optional(),
          fields: z.array(z.string()).optional(),
        })
        .optional(),
      ark: z.strictObject({ templateId: z.int().positive(), kv: z.array(arkItem) }).optional(),
      media: z.union([media, z.array(media).max(10)]).optional(),
      quote: z.string().min(1).optional(),
      mentions: z
        .array(z.union([z.literal('everyone'), z.strictObject({ user: z.string().min(1) })]))
        .max(20)
        .optional(),
      fallback: text().optional(),
    })
    .describe('One message; a string is its text.');

/** A message as a remote caller writes it: files by URL or base64, never by a path of this machine. */
export const remoteMessageSchema = z.union([text().min(1), messageWith(remoteMedia)]);

/** The same for a caller who may read this machine’s files anyhow. */
export const localMessageSchema = z.union([text().min(1), messageWith(localMedia)]);

/**
 * A message from JSON.
 * Errors: `message.invalid`, naming every place that is wrong.
 */
export const messageFromJson = (input: unknown, trust: 'remote' | 'local'): string | OutgoingMessage => {
  const parsed = (trust === 'local' ? localMessageSchema : remoteMessageSchema).safeParse(input);
  if (!parsed.success) {
    throw new RouterError('message.invalid', parsed.error.issues.flatMap((issue) => placesOf(issue)).join('; '));
  }
  const message = parsed.data;
  if (typeof message === 'string') return message;
  const { media } = message;
  if (media === undefined) return message as OutgoingMessage;
  return { ...message, media: Array.isArray(media) ? media.map(asMedia) : asMedia(media) } as OutgoingMessage;
};

type JsonMedia = z.output<typeof localMedia>;

const asMedia = (media: JsonMedia): unknown => {
  if (!('base64' in media)) return media;
  const { base64, ...rest } = media;
  return { ...rest, data: new Uint8Array(Buffer.from(base64, 'base64')) };
};

/** Of a union the branch that came closest is told; the others would only confuse. */
const placesOf = (issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): string[] => {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const depth = (issues: readonly z.core.$ZodIssue[]): number =>
      Math.max(...issues.map((one) => one.path.length - (one.code === 'unrecognized_keys' ? 0.5 : 0)));
    const closest = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
    return closest.flatMap((one) => placesOf(one, path));
  }
  return [`${pathText(path)}${issue.message}`];
};

const pathText = (path: readonly PropertyKey[]): string => {
  const text = path.reduce<string>(
    (whole, key) =>
      typeof key === 'number' ? `${whole}[${key}]` : whole === '' ? String(key) : `${whole}.${String(key)}`,
    '',
  );
  return text === '' ? 'the message: ' : `${text}: `;
};
