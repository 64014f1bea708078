import { MemoryStore } from '../../../src/adapters/store/memory-store.js';
import { storeContract } from './contract.js';

storeContract('memory', (clock, options) => new MemoryStore(clock, options));
