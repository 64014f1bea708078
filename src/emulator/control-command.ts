import { z } from 'zod';
import type { Platform } from './platform/index.js';

/** One thing that can be asked of the emulator: who may ask sees `about`, `input` is checked, `run` does it. */
export type Command<S extends z.ZodType, R> = {
  readonly kind: 'act' | 'fault' | 'setting';
  readonly about: string;
  readonly input: S;
  readonly run: (platform: Platform, given: z.output<S>) => R | Promise<R>;
};

/** Makes commands of one kind. */
export const command =
  (kind: Command<z.ZodType, unknown>['kind']) =>
  <F extends z.ZodRawShape, R>(
    about: string,
    fields: F,
    run: (platform: Platform, given: z.output<z.ZodObject<F, z.core.$strict>>) => R | Promise<R>,
  ): Command<z.ZodObject<F, z.core.$strict>, R> => ({ kind, about, input: z.strictObject(fields), run });
