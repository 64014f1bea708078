import { distinctUntilChanged, Observable } from 'rxjs';
import type { Observer, Subscription } from 'xstate';

/** As much of a connection's actor as is looked at. */
type Tagged = { hasTag(tag: 'online'): boolean };
type Connection = {
  getSnapshot(): Tagged;
  subscribe(observer: Observer<Tagged>): Subscription;
};

/** Whether a connection carries messages: at once, and at each change. Over, with `false`, when its actor is. */
export const onlineOf = (connection: Connection): Observable<boolean> =>
  new Observable<boolean>((out) => {
    out.next(connection.getSnapshot().hasTag('online'));
    return connection.subscribe({
      next: (snapshot) => out.next(snapshot.hasTag('online')),
      complete: () => {
        out.next(false);
        out.complete();
      },
    });
  }).pipe(distinctUntilChanged());
