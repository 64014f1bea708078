import { statfsSync } from 'node:fs';
import type { ErrorCode } from '../../../errors/codes.js';
import { RouterError } from '../../../errors/router-error.js';
import type { Failure } from './protocol.js';

/** SQLite's primary result codes. Source: sqlite.org/rescode.html */
const [PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB] = [
  3, 5, 6, 7, 8, 10, 11, 13, 14, 15, 26,
] as const;

/** Below this much free space an I/O error is put down to the disk being full. */
const ROOM_BYTES = 1 << 20;

/** A failure of SQLite or of the file system by its store code; null for any other error, which is a mistake of ours. */
export const faultOf = (error: unknown, dir: string): ErrorCode | null => {
  if (error instanceof RouterError) return error.code;
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'store.full';
  if (
    typeof code === 'string' &&
    /^E(ACCES|PERM|ROFS|NOENT|NOTDIR|EXIST|LOOP|NAMETOOLONG|INVAL|IO|MFILE|NFILE)$/.test(code)
  )
    return 'store.failed';
  if (typeof errcode !== 'number') return null;
  switch (errcode & 0xff) {
    case BUSY:
    case LOCKED:
      return 'store.locked';
    case FULL:
      return 'store.full';
    case CORRUPT:
    case NOTADB:
      return 'store.corrupt';
    case IOERR:
      return hasRoom(dir) ? 'store.failed' : 'store.full';
    case PERM:
    case NOMEM:
    case READONLY:
    case CANTOPEN:
    case PROTOCOL:
      return 'store.failed';
    default:
      return null;
  }
};

export const hasRoom = (dir: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return true;
  }
};

/** Any failure as its caller is to see it; it names the directory. */
export const storeFailure = (error: unknown, dir: string): Failure => {
  if (error instanceof RouterError) return { code: error.code, detail: error.message.slice(error.code.length + 2) };
  const text = error instanceof Error ? error.message : String(error);
  return { code: faultOf(error, dir) ?? 'store.failed', detail: text.includes(dir) ? text : `${dir}: ${text}` };
};
