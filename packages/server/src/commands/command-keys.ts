import { hash, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { type IdentifierForm, OID, identifierIn } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { type Certificate, parseCertificate, readExtendedKeyUsage } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { recordEvents } from '../record/record-events.ts'
import { decodeCertificates } from '../certificates/der/pem.ts'
import { attachVerifiedSignature, importSigner } from '../certificates/der/verified-signature.ts'
import { encodeCommandKeyCertificate } from '../certificates/management-profiles.ts'
import type { ManagementRoot } from '../certificates/management-root.ts'
import type { Hsm, HsmKey } from '../hsm/hsm.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import './command-tables.ts'

/**
 * The key that signs commands, in the HSM, and its certificate under the management root: made once, kept in
 * the database for all server processes, and renewed for the same key before its end.
 */
export interface CommandKey {
  readonly hsmKeyId: string
  readonly spki: Uint8Array
  /** DER. */
  readonly certificate: Uint8Array
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

export interface CommandKeysOptions {
  readonly hsm: Pick<Hsm, 'listKeys' | 'certifyCommandKey'>
  readonly root: ManagementRoot
  readonly database: Database
  /** Where the ceremony left the first certificate. */
  readonly dataDirectory: string
  readonly clock: Clock
  readonly log: Logger
}

const LIFE_MS = 365 * DAY_MS
/** Longer than any command waits, so that what is signed now can be verified for as long as it is valid. */
const RENEW_BEFORE_MS = 60 * DAY_MS
const RETRY_AFTER_MS = 600_000
const ASK_AGAIN_AFTER_MS = 5_000
/** Latest first: two forms, renewed ten months apart, so the one in use is among the first few. */
const MOST_KEPT = 8
const COMMON_NAME = 'Management commands'

/** The same key with its certificates of both forms: see docs/adr/0010. */
export class CommandKeys {
  readonly #byForm: Readonly<Record<IdentifierForm, CommandKeyInForm>>

  constructor(options: CommandKeysOptions) {
    this.#byForm = {
      current: new CommandKeyInForm(options, 'current'),
      former: new CommandKeyInForm(options, 'former'),
    }
  }

  /** @throws SanadError `hsm.key-missing` where no ceremony has made such a key, `hsm.*` */
  current(): Promise<CommandKey> {
    return this.shown('current')
  }

  /** Of the former form it is certified only when a client that reads no other asks. @throws SanadError as `current` */
  shown(form: IdentifierForm): Promise<CommandKey> {
    return this.#byForm[form].current()
  }
}

class CommandKeyInForm {
  readonly #options: CommandKeysOptions
  readonly #form: IdentifierForm
  #current: CommandKey | undefined
  #triedAt = Number.NEGATIVE_INFINITY
  #failure: SanadError | undefined

  constructor(options: CommandKeysOptions, form: IdentifierForm) {
    this.#options = options
    this.#form = form
  }

  /**
   * One that is due for renewal serves on while the HSM is away.
   *
   * @throws SanadError `hsm.key-missing` where no ceremony has made such a key, `hsm.*`
   */
  async current(): Promise<CommandKey> {
    const known = this.#current
    const now = this.#options.clock()
    const isUsable = known !== undefined && known.notAfter > now
    if (isUsable && (!this.#isDue(known, now) || now < this.#triedAt + RETRY_AFTER_MS)) return known
    // Every device that asks comes by here; the HSM is not asked for each.
    if (!isUsable && this.#failure !== undefined && now < this.#triedAt + ASK_AGAIN_AFTER_MS)
      throw this.#failure
    this.#triedAt = now
    try {
      this.#current = await this.#find(now)
      this.#failure = undefined
    } catch (error) {
      if (error instanceof SanadError) this.#failure = error
      if (!isUsable) throw error
      this.#options.log.warn({ err: error }, 'the command key could not be certified again')
    }
    if (this.#current === undefined) throw new SanadError('hsm.key-missing', 'command')
    return this.#current
  }

  /** Near the end of the root itself a new certificate would end with it, and help nobody. */
  #isDue({ notAfter }: CommandKey, now: number): boolean {
    const end = Math.min(now + LIFE_MS, this.#options.root.certificate.notAfter)
    return notAfter - now <= RENEW_BEFORE_MS && notAfter + DAY_MS < end
  }

  async #find(now: number): Promise<CommandKey> {
    const key = await this.#findHsmKey()
    const kept = [...(await this.#readKept(key)), ...(await this.#readFromCeremony())]
      .flatMap((der) => this.#fitting(der, key, now))
      .toSorted((a, b) => b.notAfter - a.notAfter)
    const [best] = kept
    if (best !== undefined && !this.#isDue(best, now)) return best
    return this.#certify(key, now)
  }

  /** The latest generation, as the ceremony takes it. */
  async #findHsmKey(): Promise<HsmKey> {
    const keys = (await this.#options.hsm.listKeys()).filter(({ purpose }) => purpose === 'command')
    const latest = keys.toSorted((a, b) => generationOf(a) - generationOf(b)).at(-1)
    if (latest === undefined) throw new SanadError('hsm.key-missing', 'command')
    return latest
  }

  async #readKept({ id }: HsmKey): Promise<readonly Uint8Array[]> {
    const rows = await this.#options.database
      .selectFrom('command_key_certificate')
      .select('der')
      .where('hsm_key_id', '=', id)
      .orderBy('not_after', 'desc')
      .limit(MOST_KEPT)
      .execute()
    return rows.map(({ der }) => der)
  }

  async #readFromCeremony(): Promise<readonly Uint8Array[]> {
    const path = join(this.#options.dataDirectory, 'trust', 'command-key.pem')
    const pem = await readFile(path, 'utf8').catch(() => undefined)
    return pem === undefined ? [] : decodeCertificates(pem).slice(0, 1)
  }

  #fitting(der: Uint8Array, key: HsmKey, now: number): CommandKey[] {
    const certificate = parseCertificate(der)
    const fits =
      equalBytes(certificate.spki, key.spki) &&
      certificate.notAfter > now &&
      readExtendedKeyUsage(certificate)?.includes(this.#purpose) === true &&
      isIssuedBy(certificate, this.#options.root.certificate)
    return fits ? [describe(key, der)] : []
  }

  get #purpose(): string {
    return identifierIn(this.#form, OID.managementCommand)
  }

  async #certify(key: HsmKey, now: number): Promise<CommandKey> {
    const { hsm, root, database } = this.#options
    const { certificate, hsmKeyId } = root
    const tbs = encodeCommandKeyCertificate(
      certificate,
      key.spki,
      COMMON_NAME,
      LIFE_MS,
      now,
      this.#form,
    )
    const signature = await hsm.certifyCommandKey(hsmKeyId, tbs)
    const der = attachVerifiedSignature(tbs, signature, importSigner(certificate.spki))
    const made = describe(key, der)
    // Before it is used: no record, no effect.
    await database.transaction().execute(async (tx) => {
      await tx
        .insertInto('command_key_certificate')
        .values({
          sha256: hash('sha256', der),
          hsm_key_id: key.id,
          der,
          not_after: new Date(made.notAfter),
        })
        .execute()
      const notAfter = formatTimestamp(made.notAfter)
      const data = { spkiSha256: hash('sha256', key.spki), notAfter }
      await recordEvents(tx, [{ type: 'command-key.certified', actor: 'server', data }])
    })
    return made
  }
}

const describe = ({ id, spki }: HsmKey, der: Uint8Array): CommandKey => ({
  hsmKeyId: id,
  spki,
  certificate: der,
  notAfter: parseCertificate(der).notAfter,
})

/** By signature: a root that was made again may bear the old one’s name. */
const isIssuedBy = (certificate: Certificate, root: Certificate): boolean =>
  verify('sha256', certificate.tbs, importSigner(root.spki), certificate.signature)

const generationOf = ({ label }: HsmKey): number => Number(label.split('.').at(-1))
