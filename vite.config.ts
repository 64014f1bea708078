import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The console: one page of local files beside the built server. */
export default defineConfig({
  root: 'src/console',
  // Whatever it is mounted under, it asks for its files beside itself.
  base: './',
  plugins: [react()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // Written into the page they would need a policy that lets inline content in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
});
