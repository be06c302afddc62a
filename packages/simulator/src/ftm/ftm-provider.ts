import { randomBytes } from 'node:crypto'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { DeviceIdentity } from '../digital-id.ts'
import { generateRsaKey } from '../key-file.ts'
import type { Signer } from '../jws.ts'
import { SoftwareAuthority } from '../software-authority.ts'
import type { Subject } from '../software-authority.ts'
import { FtmChip } from './ftm-chip.ts'

/** MDS 0.9.5 › Keys: an FTM chip certificate lives at most 20 years from manufacture. */
const CHIP_DAYS = 20 * 365
const ROOT_DAYS = 30 * 365
const CHIP_KEY_BITS = 2048

export interface FtmProviderOptions {
  readonly organisation: string
  readonly country?: string
  /** Chips are then certified by an intermediate authority below the root. */
  readonly withIntermediate?: boolean
  readonly now?: () => Date
}

/** The maker of secure chips: its certificate authority, and the line that burns chips. */
export class FtmProvider {
  readonly organisation: string
  readonly root: SoftwareAuthority
  readonly #country: string
  readonly #issuer: SoftwareAuthority
  readonly #now: () => Date

  private constructor(
    options: FtmProviderOptions,
    root: SoftwareAuthority,
    issuer: SoftwareAuthority,
  ) {
    this.organisation = options.organisation
    this.#country = options.country ?? 'ET'
    this.#now = options.now ?? (() => new Date())
    this.root = root
    this.#issuer = issuer
  }

  /** Opens the provider kept in this folder; founds it on the first call. */
  static async open(directory: string, options: FtmProviderOptions): Promise<FtmProvider> {
    const now = options.now?.() ?? new Date()
    const subject = (commonName: string): Subject => ({
      country: options.country ?? 'ET',
      organisation: options.organisation,
      unit: 'FTM',
      commonName,
    })
    const root = await SoftwareAuthority.open(
      directory,
      'root',
      { subject: subject(`${options.organisation} FTM Root`), days: ROOT_DAYS },
      now,
    )
    if (options.withIntermediate !== true) return new FtmProvider(options, root, root)
    const terms = {
      subject: subject(`${options.organisation} FTM Issuing`),
      days: ROOT_DAYS - 1,
      pathLength: 0,
    }
    const issuer = await SoftwareAuthority.open(directory, 'issuing', terms, now, root)
    return new FtmProvider(options, root, issuer)
  }

  /** Makes a chip for a device, in a folder of its own. */
  async burnChip(directory: string, identity: DeviceIdentity): Promise<FtmChip> {
    const { privateKey, publicKey } = await generateRsaKey(CHIP_KEY_BITS)
    // The chip has a number of its own: it is made before anybody knows which device it will sit in.
    const subject = this.#name(`FTM ${randomBytes(8).toString('hex')}`)
    const certificate = await this.#issuer.certifySigner(subject, publicKey, this.#now(), CHIP_DAYS)
    return FtmChip.burn(directory, identity, privateKey, [
      Buffer.from(certificate.rawData),
      ...this.intermediates,
    ])
  }

  /** Opens the chip in this folder; burns it on the first call. */
  async openChip(directory: string, identity: DeviceIdentity): Promise<FtmChip> {
    return FtmChip.isMade(directory) ? FtmChip.open(directory) : this.burnChip(directory, identity)
  }

  /** A key that signs data of this provider's factory, certified for one usage only. */
  async certifyFactoryKey(commonName: string, extendedKeyUsage: string): Promise<Signer> {
    const { privateKey, publicKey } = await generateRsaKey(CHIP_KEY_BITS)
    const certificate = await this.#issuer.certifySigner(
      this.#name(commonName),
      publicKey,
      this.#now(),
      365,
      extendedKeyUsage,
    )
    return {
      key: privateKey,
      certificates: [Buffer.from(certificate.rawData), ...this.intermediates],
    }
  }

  /** What the authority that certifies chips, or the root, says it revoked; valid for `days` from now. */
  publishList(
    by: 'issuer' | 'root',
    { number, revoked, days = 7 }: { number: number; revoked: readonly string[]; days?: number },
  ): Promise<Buffer> {
    const thisUpdate = new Date(Math.floor(this.#now().getTime() / 1000) * 1000)
    const nextUpdate = new Date(thisUpdate.getTime() + days * DAY_MS)
    const authority = by === 'root' ? this.root : this.#issuer
    return authority.signRevocationList({ number, thisUpdate, nextUpdate, revoked })
  }

  /** Between a chip and the root; empty where the root itself certifies chips. */
  get intermediates(): Buffer[] {
    return this.#issuer === this.root ? [] : [this.#issuer.der]
  }

  #name(commonName: string): Subject {
    return { country: this.#country, organisation: this.organisation, unit: 'FTM', commonName }
  }
}
