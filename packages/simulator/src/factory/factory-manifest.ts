import { randomUUID } from 'node:crypto'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import type { FtmProvider } from '../ftm/ftm-provider.ts'
import { signJws } from '../jws.ts'
import type { Signer } from '../jws.ts'
import type { FactoryRecord } from './factory-record.ts'

const MANIFEST_TYPE = 'sanad-factory-manifest+jws'

export interface FactoryManifest {
  readonly v: 1
  readonly manifestId: string
  readonly issuedAt: string
  readonly ftmProvider: string
  readonly devices: readonly FactoryRecord[]
}

/**
 * The factory's desk: it signs the list of devices that left, for the management server to import.
 *
 * Its certificate names this one usage, so that no chip, whose certificate has the same root, can sign a list.
 */
export class ManifestDesk {
  readonly #ftmProvider: string
  readonly #signer: Signer

  private constructor(ftmProvider: string, signer: Signer) {
    this.#ftmProvider = ftmProvider
    this.#signer = signer
  }

  static async open(provider: FtmProvider): Promise<ManifestDesk> {
    const name = `${provider.organisation} Factory`
    const signer = await provider.certifyFactoryKey(name, OID.factoryManifest)
    return new ManifestDesk(provider.organisation, signer)
  }

  /** A compact JWS under RS256, `x5c` from the factory's certificate up to below the root. */
  sign(devices: Iterable<FactoryRecord>, issuedAt = new Date()): string {
    const manifest: FactoryManifest = {
      v: 1,
      manifestId: randomUUID(),
      issuedAt: issuedAt.toISOString(),
      ftmProvider: this.#ftmProvider,
      devices: [...devices],
    }
    return signJws(MANIFEST_TYPE, manifest, this.#signer)
  }
}
