import { arrayOf, type Json, objectOf, objectsIn, parseObject, textOf } from '../json.js';
import type { Approval } from './ag-ui-reader.js';

const YES = /^(?:y|yes|ok|okay|sure|approve|allow|true|1|是|是的|好|好的|行|可以|同意|允许|批准|确认|确定)[.!。！]?$/i;
const NO = /^(?:n|no|nope|deny|reject|cancel|false|0|否|不|不是|不行|不要|不可以|不同意|拒绝|取消)[.!。！]?$/i;

const decision = (text: string): boolean | undefined => (YES.test(text) ? true : NO.test(text) ? false : undefined);

/**
 * What a user's words are to the question they answer: a yes or no where the schema has room for nothing else, the words
 * themselves elsewhere.
 */
const payloadOf = (schema: Json | undefined, words: string): unknown => {
  const decided = decision(words.trim());
  if (decided === undefined || !schema) return words;
  if (schema['type'] === 'boolean') return decided;
  const properties = Object.entries(objectOf(schema['properties']) ?? {});
  const yesOrNo = properties.filter(([, property]) => objectOf(property)?.['type'] === 'boolean');
  const [only] = yesOrNo;
  const required = arrayOf(schema['required']);
  const isEnough = required.every((name) => name === only?.[0]);
  return only && yesOrNo.length === 1 && isEnough ? { [only[0]]: decided } : words;
};

/** The answers of this turn to what the last one was asked. What is no longer to be answered is given up. */
export const resumeFor = (approvals: readonly Approval[], words: string, nowMs: number): Json[] =>
  approvals.map(({ id, schema, expiresAt }) => {
    const isExpired = expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
    return isExpired
      ? { interruptId: id, status: 'cancelled' }
      : { interruptId: id, status: 'resolved', payload: payloadOf(schema, words) };
  });

/** Units: characters; a schema that does not fit is left out, and its question is answered in words. */
const MEMO_MAX = 3_000;

export const memoOf = (approvals: readonly Approval[]): string => {
  const whole = JSON.stringify({ approvals });
  if (whole.length <= MEMO_MAX) return whole;
  const bare = approvals.flatMap(({ id }) => (id.length <= 200 ? [{ id }] : []));
  return JSON.stringify({ approvals: bare });
};

/** Shape: empty for anything that `memoOf` has not written. */
export const approvalsIn = (memo: string | null): Approval[] =>
  objectsIn(parseObject(memo ?? '')?.['approvals']).flatMap((one) => {
    const id = textOf(one['id']);
    const schema = objectOf(one['schema']);
    const expiresAt = textOf(one['expiresAt']);
    return id ? [{ id, ...(schema && { schema }), ...(expiresAt && { expiresAt }) }] : [];
  });
