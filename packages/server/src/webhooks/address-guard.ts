import { lookup } from 'node:dns'
import { BlockList, type LookupFunction, isIP } from 'node:net'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * Keeps webhooks out of the provider’s own network: whoever may register an address must not thereby reach
 * what only this server can. The check is made where the connection is, on the address that is connected to,
 * so a name that means something else a moment later does not get around it.
 */

// RFC 6890 and its registries: not globally reachable, or leading to what is not.
const CLOSED_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const
/** All of IPv6 but what is given out to be reached, and of that what carries other addresses inside. */
const OPEN_IPV6 = [['2000::', 3]] as const
const CLOSED_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const

export class AddressGuard {
  readonly #closed = new BlockList()
  readonly #open = new BlockList()
  readonly #allowed = new BlockList()

  /** @param allowedNetworks `10.1.2.0/24`: allowed although they are private */
  constructor(allowedNetworks: readonly string[] = []) {
    for (const [address, prefix] of CLOSED_IPV4) this.#closed.addSubnet(address, prefix, 'ipv4')
    for (const [address, prefix] of CLOSED_IPV6) this.#closed.addSubnet(address, prefix, 'ipv6')
    for (const [address, prefix] of OPEN_IPV6) this.#open.addSubnet(address, prefix, 'ipv6')
    for (const network of allowedNetworks) this.#allow(network)
  }

  admits(address: string): boolean {
    const family = isIP(address)
    if (family === 0) return false
    const kind = family === 4 ? 'ipv4' : 'ipv6'
    if (this.#allowed.check(address, kind)) return true
    if (family === 6 && !this.#open.check(address, kind)) return false
    return !this.#closed.check(address, kind)
  }

  /** Of a host that is an address; a name is judged by what it means when it is connected to. */
  admitsHost(hostname: string): boolean {
    const address = hostname.replace(/^\[|\]$/g, '')
    return isIP(address) === 0 || this.admits(address)
  }

  /** For `connect`: finds addresses, and only such as are admitted. */
  readonly lookup: LookupFunction = (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, [])
      const admitted = found.filter(({ address }) => this.admits(address))
      const [first] = admitted
      if (first === undefined) done(new AddressNotAllowed(), [])
      else if (options.all === true) done(null, admitted)
      else done(null, first.address, first.family)
    })
  }

  #allow(network: string): void {
    const [address = '', prefix = ''] = network.split('/')
    const family = isIP(address)
    if (family === 0 || !/^\d{1,3}$/.test(prefix))
      throw new SanadError('server.configuration-invalid', 'webhooks: not a network')
    this.#allowed.addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6')
  }
}

export class AddressNotAllowed extends Error {
  readonly code = 'EADDRNOTALLOWED'
}
