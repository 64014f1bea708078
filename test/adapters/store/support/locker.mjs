/** Opens a store and stays. Usage: node locker.mjs DIR */
import { EmbeddedStore } from '../../../../dist/src/adapters/store/embedded/embedded-store.js';

const store = new EmbeddedStore({ now: () => Date.now(), setTimeout, clearTimeout }, { path: process.argv[2] });
await store.open();
process.stdout.write('open\n');
