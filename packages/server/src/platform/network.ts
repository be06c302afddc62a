/**
 * The network that an address is counted by, wherever something is counted by address: one fold for claims, clock
 * resets, channels, sign-in and admission.
 *
 * RFC 6177: one customer has a whole IPv6 network at will, so its first 64 bits are the address. An IPv4 address
 * that arrives through an IPv6 socket (RFC 4291 §2.5.5.2) or a NAT64 (RFC 6052 §2.1) is the IPv4 address.
 *
 * @param address as the socket names it: IPv4, or IPv6 in any of its forms
 * @returns dotted IPv4, or the first four groups of IPv6 (`2001:db8:0:1`); a text that is no address stays as it is
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const groups = groupsOf(address)
  if (groups === undefined) return address
  const [high, low] = [groups[6] ?? 0, groups[7] ?? 0]
  if (holdsIpv4(groups)) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}

/** `::ffff:0:0/96` and `64:ff9b::/96`. */
const IPV4_PREFIXES = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']

const holdsIpv4 = (groups: readonly number[]): boolean =>
  IPV4_PREFIXES.includes(
    groups
      .slice(0, 6)
      .map((group) => group.toString(16))
      .join(':'),
  )

/** The eight groups of an IPv6 address (RFC 4291 §2.2), without its zone; undefined where it is none. */
function groupsOf(address: string): readonly number[] | undefined {
  const [head = '', tail, ...more] = address.replace(/%.*$/, '').split('::')
  const before = readGroups(head)
  const after = readGroups(tail ?? '')
  const missing = 8 - before.length - after.length
  const isWhole = tail === undefined ? missing === 0 : missing > 0
  const groups = [...before, ...Array<number>(Math.max(missing, 0)).fill(0), ...after]
  const isRead = groups.every((group) => group >= 0 && group <= 0xffff)
  return isWhole && isRead && more.length === 0 ? groups : undefined
}

const readGroups = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((part) => (part.includes('.') ? readIpv4(part) : readHex(part)))

const readHex = (part: string): number =>
  /^[\da-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : -1

/** RFC 4291 §2.2, form 3: the last 32 bits as an IPv4 address. */
function readIpv4(part: string): number[] {
  const octets = part.split('.').map((octet) => (/^\d{1,3}$/.test(octet) ? Number(octet) : -1))
  const [a = -1, b = -1, c = -1, d = -1] = octets
  const isRead = octets.length === 4 && octets.every((octet) => octet >= 0 && octet <= 255)
  return isRead ? [a * 256 + b, c * 256 + d] : [-1]
}
