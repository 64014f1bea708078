import ipaddr from 'ipaddr.js';

/** Addresses that carry another one inside; what counts is the one inside. */
const inner = (address: ipaddr.IPv6): ipaddr.IPv4 | null => {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const range = address.range();
  const bytes = address.toByteArray();
  if (range === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  if (range === 'rfc6052') return new ipaddr.IPv4(bytes.slice(12, 16));
  return null;
};

/**
 * Whether an address belongs to the public internet: not to this machine, a private, shared or link-local network, a test
 * or reserved range, nor to many at once. What is no address is not public.
 */
export const isPublicAddress = (text: string): boolean => {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return false;
  const address = ipaddr.parse(bare);
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  const carried = inner(address);
  if (carried) return carried.range() === 'unicast';
  return address.range() === 'unicast';
};
