declare module 'pino-roll' {
  import type { SonicBoom, SonicBoomOpts } from 'sonic-boom';

  const roll: (
    options: Omit<SonicBoomOpts, 'dest' | 'fd'> & {
      file: string;
      /** `10m`, `500b`. */
      size: string;
      extension?: string;
      limit: { count: number; removeOtherLogFiles: boolean };
    },
  ) => Promise<SonicBoom>;
  export default roll;
}
