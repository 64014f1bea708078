import { configJsonSchema } from '../../src/config/schema.js';

type Schema = {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
};

const within = (schema: Schema, at: string): string[] => {
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (choices.length > 0) return choices.flatMap((choice) => within(choice, at));
  if (schema.const !== undefined || schema.enum !== undefined) return [];
  // What may be anything may be a text.
  if (schema.type === 'string' || schema.type === undefined) return [at];
  const driver = schema.properties?.['driver']?.const;
  const here = driver === undefined ? at : `agent(${driver})`;
  const { properties = {}, additionalProperties, items } = schema;
  return [
    ...Object.entries(properties).flatMap(([name, item]) => within(item, here === '' ? name : `${here}.${name}`)),
    ...(typeof additionalProperties === 'object' ? within(additionalProperties, `${here}.*`) : []),
    ...(items ? within(items, `${here}[]`) : []),
  ];
};

/**
 * Every place of a configuration where any text may stand, from its schema.
 * Shape: `*` is any key, `[]` any item; an agent is named by its driver, wherever it stands; the scenes are one.
 */
export const textsOfConfig = (): readonly string[] => {
  const places = within(configJsonSchema() as Schema, '').map((at) => at.replace(/\.scenes\.\w+\./, '.scenes.*.'));
  return [...new Set(places)].sort();
};
