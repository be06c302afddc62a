import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { TokenLink, type TokenPlace } from './token-link.ts'

/** One link for each token, however many devices have their keys in it: some modules bear only one process. */
export class TokenLinks {
  readonly #folder: string
  readonly #links = new Map<string, TokenLink>()

  /** @param folder where refused PINs are remembered */
  constructor(folder: string) {
    this.#folder = folder
  }

  to({ module, tokenLabel, pinFile, environment }: TokenPlace): TokenLink {
    const place = { module, tokenLabel, pinFile, ...(environment && { environment }) }
    const name = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 16)
    const link =
      this.#links.get(name) ?? new TokenLink(place, join(this.#folder, `${name}.refused`))
    this.#links.set(name, link)
    return link
  }
}
