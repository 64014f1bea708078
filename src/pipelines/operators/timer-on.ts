import { Observable } from 'rxjs';
import type { Clock } from '../../ports/clock.js';

/** Emits once after `delayMs` of the injected clock. */
export const timerOn = (clock: Clock, delayMs: number): Observable<void> =>
  new Observable((out) => {
    const handle = clock.setTimeout(() => {
      out.next();
      out.complete();
    }, delayMs);
    return () => clock.clearTimeout(handle);
  });
