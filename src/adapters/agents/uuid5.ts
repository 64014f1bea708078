import { createHash } from 'node:crypto';

/** Of this project's own, drawn once. */
const NAMESPACE = Buffer.from('6f1d9f0c5a7e4d0e9a53c1b7d2f0a864', 'hex');

/** The same UUID for the same name, in every life: what servers ask for that take nothing else. Source: RFC 9562 §5.5. */
export const uuid5 = (name: string): string => {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes.writeUInt8(((bytes[6] as number) & 0x0f) | 0x50, 6);
  bytes.writeUInt8(((bytes[8] as number) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
