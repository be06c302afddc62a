import { BlockList, isIP } from 'node:net'

/** The hosts that a program reaches directly although it has a proxy. */

export interface ExceptionRules {
  /** Whether `example.org` also means `www.example.org`, as `NO_PROXY` has it. */
  readonly namesCoverSubdomains: boolean
}

export class Exceptions {
  readonly #networks = new BlockList()
  readonly #names = new Set<string>()
  /** Each begins with a dot. */
  readonly #suffixes: string[] = []
  #isEverything = false

  /** @throws RangeError naming an entry that is none */
  constructor(entries: readonly string[], rules: ExceptionRules = { namesCoverSubdomains: false }) {
    for (const entry of entries) this.#add(entry.trim().toLowerCase(), rules)
  }

  /**
   * An address is compared with networks, a name with names. A name is never looked up: where a proxy is needed,
   * this computer may know no names of the outside at all.
   */
  has(host: string): boolean {
    if (this.#isEverything) return true
    const plain = host.toLowerCase().replace(/\.$/, '')
    const family = isIP(plain)
    if (family !== 0) return this.#networks.check(plain, family === 4 ? 'ipv4' : 'ipv6')
    return this.#names.has(plain) || this.#suffixes.some((suffix) => `.${plain}`.endsWith(suffix))
  }

  #add(entry: string, { namesCoverSubdomains }: ExceptionRules): void {
    if (entry === '*') this.#isEverything = true
    else if (this.#addNetwork(entry)) return
    else if (!NAME.test(entry)) throw new RangeError(entry)
    else if (/^\*?\./.test(entry)) this.#suffixes.push(entry.replace('*', ''))
    else if (namesCoverSubdomains) this.#suffixes.push(`.${entry}`)
    else this.#names.add(entry)
  }

  #addNetwork(entry: string): boolean {
    const [address = '', prefix, ...more] = entry.replace(/^\[|\]$/g, '').split('/')
    const family = isIP(address)
    if (family === 0 || more.length > 0) return false
    const longest = family === 4 ? 32 : 128
    const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
    if (bits < 0 || bits > longest) throw new RangeError(entry)
    this.#networks.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
    return true
  }
}

const NAME = /^(?:\*?\.)?[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_])?$/
