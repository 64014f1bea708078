/** Opens a store and says what came of it. Usage: node opener.mjs DIR */
import { EmbeddedStore } from '../../../../dist/src/adapters/store/embedded/embedded-store.js';

const store = new EmbeddedStore({ now: () => Date.now(), setTimeout, clearTimeout }, { path: process.argv[2] });
const said = await store.open().then(
  () => 'open',
  ({ message }) => message,
);
process.stdout.write(said);
process.exit();
