import { z } from 'zod';
import { count, ms, text } from './values.js';

const MB = 1024 * 1024;
const bytes = () =>
  z
    .int()
    .min(1)
    .max(2 ** 40);

/** Files that are sent and received. */
export const mediaSchema = z
  .strictObject({
    path: text().optional().describe('Where received files are kept. Default: `media` in the store’s directory.'),
    sendBytesMax: bytes()
      .default(200 * MB)
      .describe('Larger files are not sent. Units: bytes.'),
    oneShotBytesMax: bytes()
      .max(20 * MB)
      .default(4 * MB)
      .describe('Larger files go up in blocks. Units: bytes.'),
    receive: z.boolean().default(true).describe('Download what users send, for the agent to read.'),
    receiveBytesMax: bytes()
      .default(20 * MB)
      .describe('Larger received files are left where they are. Units: bytes.'),
    spoolBytesMax: bytes()
      .default(1024 * MB)
      .describe('Of all received files; the oldest leave. Units: bytes.'),
    spoolFilesMax: count(1).default(2_000).describe('Received files that are kept; the oldest leave.'),
    spoolLifeMs: ms(1).default(86_400_000).describe('A received file is kept for so long. Units: ms.'),
    waitMs: ms(0).default(5_000).describe('A turn waits at most this long for its files. Units: ms.'),
  })
  .prefault({})
  .describe('Files that are sent and received.');
