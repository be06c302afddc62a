/** An IPv4 address that came through an IPv6 socket (RFC 4291 §2.5.5.2) is shown as what it is. */
export function addressText<T extends string | null>(address: T): T | string {
  return address === null ? address : address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
