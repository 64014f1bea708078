import type { FastifyReply } from 'fastify';

export type Refusal = { readonly error: { readonly code: string; readonly message: string } };

/** Every answer that is not what was asked for has this shape. */
export const refusal = (code: string, message: string): Refusal => ({ error: { code, message } });

export const refuse = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply.code(status).send(refusal(code, message));

/** For routes whose 404 is in their schema. */
export const notFound = <R extends { code(status: 404): unknown }>(
  reply: R,
  code: string,
  message: string,
): Refusal => {
  reply.code(404);
  return refusal(code, message);
};
