import { EmbeddedStore } from '../adapters/store/embedded/embedded-store.js';
import { MemoryStore } from '../adapters/store/memory-store.js';
import type { StoreSettings } from '../config/resolved.js';
import type { Clock } from '../ports/clock.js';
import type { Store } from '../ports/store.js';

/** The store that a configuration names; not opened yet. */
export const storeFor = ({ driver, path }: StoreSettings, clock: Clock): Store =>
  driver === 'memory' ? new MemoryStore(clock) : new EmbeddedStore(clock, { path });
