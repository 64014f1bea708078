import { afterAll } from 'vitest';
import { EmbeddedStore } from '../../../src/adapters/store/embedded/embedded-store.js';
import { storeContract } from './contract.js';
import { newDir, removeDirs } from './support/store-dirs.js';

afterAll(removeDirs);

storeContract('embedded', (clock, options) => new EmbeddedStore(clock, { path: newDir(), ...options }));
