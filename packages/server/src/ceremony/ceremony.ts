import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { readRecord } from '../record/event-reader.ts'
import { recordEvents } from '../record/record-events.ts'
import { wholeSeconds } from '../certificates/der/certificate-structure.ts'
import { attachVerifiedSignature, importSigner } from '../certificates/der/verified-signature.ts'
import {
  type ProviderCertificateImport,
  importProviderCertificate,
} from '../certificates/import-provider-certificate.ts'
import {
  BACKDATED_MS,
  encodeCommandKeyCertificate,
  encodeManagementRoot,
  encodeProviderRequest,
} from '../certificates/management-profiles.ts'
import { loadManagementRoot, managementRootPath } from '../certificates/management-root.ts'
import {
  checkProviderChain,
  readProviderChain,
} from '../certificates/provider-certificate-rules.ts'
import type { Hsm, HsmKey, KeyProof, KeyPurpose } from '../hsm/hsm.ts'
import { acceptedIn, describeExceptions, requireProven } from '../hsm/proof-verdict.ts'
import type { Database } from '../platform/database.ts'
import type { CeremonyPlan, ReadPlan } from './ceremony-plan.ts'
import { type Output, keepCertificate, keepRequest } from './output-files.ts'

/**
 * Carries out a reviewed plan, step by step. Each step finds what is done already and leaves it alone, so a
 * ceremony that was broken off is simply held again. What can be refused is refused before the first step.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 6: the keys are made in the HSM and stay there.
 */
export interface CeremonyParts {
  readonly hsm: Hsm
  readonly database: Database
  readonly organisation: string
  readonly dataDirectory: string
  readonly now: number
}

export type Detail =
  | string
  | number
  | boolean
  | readonly Detail[]
  | { readonly [name: string]: Detail }

/** One line of the transcript. */
export interface CeremonyStep {
  readonly step: string
  readonly outcome: 'done' | 'already-done'
  readonly details: Readonly<Record<string, Detail>>
}

const YEAR_MS = 365 * DAY_MS

export class Ceremony {
  readonly #parts: CeremonyParts
  readonly #planPath: string
  readonly #steps: CeremonyStep[] = []

  constructor(parts: CeremonyParts, planPath: string) {
    this.#parts = parts
    this.#planPath = planPath
  }

  /** @throws SanadError `hsm.*`, `certificate.import-refused`, `server.configuration-invalid` */
  async carryOut({ plan }: ReadPlan): Promise<readonly CeremonyStep[]> {
    const wanted = await this.#checkBeforehand(plan)
    await mkdir(join(this.#parts.dataDirectory, 'trust'), { recursive: true, mode: 0o700 })
    for (const [purpose, bits] of Object.entries(plan.keys ?? {}))
      await this.#makeKey(purpose as KeyPurpose, bits)
    await this.#proveKeys()
    if (plan.managementRoot !== undefined) await this.#certifyRoot(plan.managementRoot)
    if (plan.commandKey !== undefined) await this.#certifyCommandKey(plan.commandKey)
    if (plan.providerRequest !== undefined) await this.#writeProviderRequest(plan.providerRequest)
    if (wanted !== undefined) await this.#importProviderCertificate(wanted)
    return this.#steps
  }

  /** @returns what is to be imported, read and found good */
  async #checkBeforehand(plan: CeremonyPlan): Promise<ProviderCertificateImport | undefined> {
    await this.#requireKeyFor(plan, 'management-root', plan.managementRoot)
    await this.#requireKeyFor(plan, 'command', plan.commandKey)
    await this.#requireKeyFor(plan, 'provider-ca', plan.providerRequest)
    if (plan.providerCertificate === undefined) return undefined
    const { certificate, chain, ...where } = plan.providerCertificate
    const { organisation, now } = this.#parts
    const wanted: ProviderCertificateImport = {
      ...where,
      organisation,
      key: await this.#requireKey('provider-ca'),
      certificatePem: await this.#read(certificate),
      chainPem: await this.#read(chain),
    }
    const read = readProviderChain(wanted.certificatePem, wanted.chainPem)
    checkProviderChain(read, { ...wanted, spki: wanted.key.spki }, now)
    return wanted
  }

  async #requireKeyFor(plan: CeremonyPlan, purpose: KeyPurpose, step: unknown): Promise<void> {
    if (step !== undefined && plan.keys?.[purpose] === undefined) await this.#requireKey(purpose)
  }

  async #makeKey(purpose: KeyPurpose, modulusBits: 2048 | 3072 | 4096): Promise<void> {
    const known = await this.#findKey(purpose)
    const key = known ?? (await this.#parts.hsm.generateKey(purpose, { modulusBits }))
    await this.#recordKey(key)
    this.#note('make-key', known === undefined ? 'done' : 'already-done', {
      purpose,
      label: key.label,
      id: key.id,
      modulusBits: key.modulusBits,
    })
  }

  /** Also a key whose event is missing because power failed right after it was made. */
  async #recordKey({ purpose, id: spkiSha256, modulusBits }: HsmKey): Promise<void> {
    const { database } = this.#parts
    const type = 'ceremony.key-created'
    const { items } = await readRecord(database, { type: [type], limit: 200 })
    if (items.some(({ event }) => event.type === type && event.data.spkiSha256 === spkiSha256))
      return
    await database.transaction().execute(async (tx) => {
      const data = { purpose, spkiSha256, modulusBits }
      await recordEvents(tx, [{ type, actor: 'command-line', data }])
    })
  }

  /** PN §1.3: read back from the token, and tried to get out of it. */
  async #proveKeys(): Promise<void> {
    const proofs = await this.#parts.hsm.proveKeys()
    requireProven(proofs)
    await this.#recordExceptions(acceptedIn(proofs))
    for (const proof of proofs) {
      const { label, holds, attributes, accepted } = proof
      const refusals = proof.refusals.map(({ attempt, answer }) => ({ attempt, answer }))
      this.#note('prove-key', 'done', { label, holds, attributes, refusals, accepted })
    }
  }

  async #recordExceptions(exceptions: KeyProof['accepted']): Promise<void> {
    if (exceptions.length === 0) return
    const { hsm, database } = this.#parts
    const events = describeExceptions(hsm, exceptions, 'command-line')
    await database.transaction().execute((tx) => recordEvents(tx, events))
  }

  async #certifyRoot({ commonName, years }: { commonName: string; years: number }): Promise<void> {
    const { hsm, organisation, dataDirectory, now } = this.#parts
    const { id, spki } = await this.#requireKey('management-root')
    const output = await keepCertificate(
      managementRootPath(dataDirectory),
      { spki, organisation, commonName },
      async () => {
        const tbs = encodeManagementRoot({ organisation, commonName }, spki, {
          notBefore: wholeSeconds(now - BACKDATED_MS),
          notAfter: wholeSeconds(now + years * YEAR_MS),
        })
        const signature = await hsm.signManagementRoot(id, tbs)
        return attachVerifiedSignature(tbs, signature, importSigner(spki))
      },
    )
    this.#noteOutput('certify-management-root', output)
  }

  async #certifyCommandKey(wanted: { commonName: string; years: number }): Promise<void> {
    const { hsm, organisation, dataDirectory, now } = this.#parts
    const { commonName, years } = wanted
    const { spki } = await this.#requireKey('command')
    const { certificate: root, hsmKeyId } = await loadManagementRoot(dataDirectory)
    const output = await keepCertificate(
      join(dataDirectory, 'trust', 'command-key.pem'),
      { spki, organisation, commonName },
      async () => {
        const tbs = encodeCommandKeyCertificate(root, spki, commonName, years * YEAR_MS, now)
        const signature = await hsm.certifyCommandKey(hsmKeyId, tbs)
        return attachVerifiedSignature(tbs, signature, importSigner(root.spki))
      },
    )
    this.#noteOutput('certify-command-key', output)
  }

  async #writeProviderRequest(name: { commonName: string }): Promise<void> {
    const { hsm, organisation, dataDirectory } = this.#parts
    const { id, spki } = await this.#requireKey('provider-ca')
    const info = encodeProviderRequest({ ...name, organisation }, spki)
    const signature = await hsm.signCertificationRequest(id, info)
    const der = attachVerifiedSignature(info, signature, importSigner(spki))
    const output = await keepRequest(join(dataDirectory, 'trust', 'provider.csr.pem'), der)
    this.#noteOutput('write-provider-request', output)
  }

  async #importProviderCertificate(wanted: ProviderCertificateImport): Promise<void> {
    const { database, now } = this.#parts
    const { country, environment } = wanted
    const { id, isNew } = await importProviderCertificate(database, wanted, now)
    this.#note('import-provider-certificate', isNew ? 'done' : 'already-done', {
      id,
      country,
      environment,
    })
  }

  /** Paths in the plan are relative to the plan. */
  #read(path: string): Promise<string> {
    return readFile(resolve(dirname(this.#planPath), path), 'utf8').catch((error: unknown) => {
      throw new SanadError('server.configuration-invalid', `cannot read ${path}`, { cause: error })
    })
  }

  /** The latest generation: a key made again takes over from the one before. */
  async #findKey(purpose: KeyPurpose): Promise<HsmKey | undefined> {
    const keys = (await this.#parts.hsm.listKeys()).filter((key) => key.purpose === purpose)
    return keys.toSorted((a, b) => generationOf(a) - generationOf(b)).at(-1)
  }

  async #requireKey(purpose: KeyPurpose): Promise<HsmKey> {
    const key = await this.#findKey(purpose)
    if (key === undefined) throw new SanadError('hsm.key-missing', purpose)
    return key
  }

  #noteOutput(step: string, { outcome, file, sha256 }: Output): void {
    this.#note(step, outcome, { file, sha256 })
  }

  #note(step: string, outcome: CeremonyStep['outcome'], details: CeremonyStep['details']): void {
    this.#steps.push({ step, outcome, details })
  }
}

const generationOf = ({ label }: HsmKey): number => Number(label.split('.').at(-1))
