import { Store } from './store.js';

export type Tab = 'overview' | 'charts' | 'conversations' | 'platform';
/** Where in the page one is; the address bar holds it, so that it can be kept and sent. */
export type Place = { readonly tab: Tab; readonly id: string | null };

const TABS: readonly Tab[] = ['overview', 'charts', 'conversations', 'platform'];

const placeIn = (hash: string): Place => {
  const [, name = '', id = ''] = /^#\/([a-z]*)\/?(.*)$/.exec(hash) ?? [];
  const tab = TABS.find((one) => one === name) ?? 'overview';
  return { tab, id: id === '' ? null : decodeURIComponent(id) };
};

export const hrefOf = ({ tab, id }: Place): string => (id === null ? `#/${tab}` : `#/${tab}/${encodeURIComponent(id)}`);

export const place = new Store<Place>(placeIn(location.hash));
addEventListener('hashchange', () => place.set(placeIn(location.hash)));

export const goTo = (to: Place): void => {
  location.hash = hrefOf(to);
};
