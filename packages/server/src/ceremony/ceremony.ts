import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type NewEvent } from '@sanad/protocol/events'
import { SanadError } from '@sanad/protocol/problems'
import { parseCertificate } from '@sanad/protocol/x509'
import { recordEvents } from '../audit/record-events.ts'
import { attachSignature, wholeSeconds } from '../certificates/der/certificate-structure.ts'
import { encodePem } from '../certificates/der/pem.ts'
import { importProviderCertificate } from '../certificates/import-provider-certificate.ts'
import {
  BACKDATED_MS,
  encodeCommandKeyCertificate,
  encodeManagementRoot,
  encodeProviderRequest,
} from '../certificates/management-profiles.ts'
import { loadManagementRoot, managementRootPath } from '../certificates/management-root.ts'
import type { Hsm, HsmKey, KeyPurpose } from '../hsm/hsm.ts'
import type { Database } from '../platform/database.ts'
import { writeFileDurably } from '../platform/durable-file.ts'
import type { ReadPlan } from './ceremony-plan.ts'

/**
 * Carries out a reviewed plan, step by step. Each step finds what is done already and leaves it alone, so a
 * ceremony that was broken off is simply held again.
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

/** One line of the transcript. */
export interface CeremonyStep {
  readonly step: string
  readonly outcome: 'done' | 'already-done'
  readonly details: Readonly<Record<string, string | number | boolean>>
}

const YEAR = 365 * 86_400_000

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
    await mkdir(join(this.#parts.dataDirectory, 'trust'), { recursive: true, mode: 0o700 })
    for (const [purpose, bits] of Object.entries(plan.keys ?? {}))
      await this.#makeKey(purpose as KeyPurpose, bits)
    await this.#proveKeys()
    if (plan.managementRoot !== undefined) await this.#certifyRoot(plan.managementRoot)
    if (plan.commandKey !== undefined) await this.#certifyCommandKey(plan.commandKey)
    if (plan.providerRequest !== undefined) await this.#writeProviderRequest(plan.providerRequest)
    if (plan.providerCertificate !== undefined)
      await this.#importProviderCertificate(plan.providerCertificate)
    return this.#steps
  }

  async #makeKey(purpose: KeyPurpose, modulusBits: 2048 | 3072 | 4096): Promise<void> {
    const known = await this.#findKey(purpose)
    if (known !== undefined) return this.#note('make-key', 'already-done', describeKey(known))
    const key = await this.#parts.hsm.generateKey(purpose, { modulusBits })
    await this.#record({
      type: 'ceremony.key-created',
      actor: 'command-line',
      data: { purpose, spkiSha256: key.id, modulusBits: key.modulusBits },
    })
    this.#note('make-key', 'done', describeKey(key))
  }

  /** PN §1.3: read back from the token, and tried to get out of it. */
  async #proveKeys(): Promise<void> {
    for (const { label, holds, failures } of await this.#parts.hsm.proveKeys()) {
      if (!holds) throw new SanadError('hsm.key-not-proven', `${label}: ${failures.join('; ')}`)
      this.#note('prove-key', 'done', { label, holds })
    }
  }

  async #certifyRoot({ commonName, years }: { commonName: string; years: number }): Promise<void> {
    const path = managementRootPath(this.#parts.dataDirectory)
    if (existsSync(path))
      return this.#note('certify-management-root', 'already-done', { sha256: await digestOf(path) })
    const key = await this.#requireKey('management-root')
    const { hsm, organisation, now } = this.#parts
    const validity = {
      notBefore: wholeSeconds(now - BACKDATED_MS),
      notAfter: wholeSeconds(now + years * YEAR),
    }
    const tbs = encodeManagementRoot({ organisation, commonName }, key.spki, validity)
    const der = attachSignature(tbs, await hsm.signManagementRoot(key.id, tbs))
    await writeFileDurably(path, encodePem('CERTIFICATE', der), 0o644)
    this.#note('certify-management-root', 'done', {
      sha256: createHash('sha256').update(der).digest('hex'),
      path,
    })
  }

  async #certifyCommandKey({
    commonName,
    years,
  }: {
    commonName: string
    years: number
  }): Promise<void> {
    const path = join(this.#parts.dataDirectory, 'trust', 'command-key.pem')
    if (existsSync(path))
      return this.#note('certify-command-key', 'already-done', { sha256: await digestOf(path) })
    const { hsm, dataDirectory, now } = this.#parts
    const key = await this.#requireKey('command')
    const root = await loadManagementRoot(dataDirectory)
    const tbs = encodeCommandKeyCertificate(
      root.certificate,
      key.spki,
      commonName,
      years * YEAR,
      now,
    )
    const der = attachSignature(tbs, await hsm.certifyCommandKey(root.hsmKeyId, tbs))
    await writeFileDurably(path, encodePem('CERTIFICATE', der), 0o644)
    this.#note('certify-command-key', 'done', {
      sha256: createHash('sha256').update(der).digest('hex'),
      path,
    })
  }

  async #writeProviderRequest(name: { commonName: string }): Promise<void> {
    const { hsm, organisation, dataDirectory } = this.#parts
    const key = await this.#requireKey('provider-ca')
    const info = encodeProviderRequest({ ...name, organisation }, key.spki)
    const der = attachSignature(info, await hsm.signCertificationRequest(key.id, info))
    const path = join(dataDirectory, 'trust', 'provider.csr.pem')
    await writeFileDurably(path, encodePem('CERTIFICATE REQUEST', der), 0o644)
    this.#note('write-provider-request', 'done', {
      sha256: createHash('sha256').update(der).digest('hex'),
      path,
    })
  }

  async #importProviderCertificate(wanted: {
    certificate: string
    chain: string
    country: string
    environment: string
  }): Promise<void> {
    const { database, organisation, now } = this.#parts
    const { country, environment } = wanted
    const key = await this.#requireKey('provider-ca')
    const id = await importProviderCertificate(
      database,
      {
        country,
        environment,
        organisation,
        key,
        certificatePem: await this.#read(wanted.certificate),
        chainPem: await this.#read(wanted.chain),
      },
      now,
    )
    this.#note('import-provider-certificate', 'done', { id, country, environment })
  }

  /** Paths in the plan are relative to the plan. */
  #read(path: string): Promise<string> {
    return readFile(resolve(dirname(this.#planPath), path), 'utf8').catch((error: unknown) => {
      throw new SanadError('server.configuration-invalid', `cannot read ${path}`, { cause: error })
    })
  }

  async #findKey(purpose: KeyPurpose): Promise<HsmKey | undefined> {
    return (await this.#parts.hsm.listKeys()).find((key) => key.purpose === purpose)
  }

  async #requireKey(purpose: KeyPurpose): Promise<HsmKey> {
    const key = await this.#findKey(purpose)
    if (key === undefined) throw new SanadError('hsm.key-missing', purpose)
    return key
  }

  #record(event: NewEvent): Promise<void> {
    return this.#parts.database
      .transaction()
      .execute(async (tx) => void (await recordEvents(tx, [event])))
  }

  #note(step: string, outcome: CeremonyStep['outcome'], details: CeremonyStep['details']): void {
    this.#steps.push({ step, outcome, details })
  }
}

const describeKey = ({ purpose, label, id, modulusBits }: HsmKey) => ({
  purpose,
  label,
  id,
  modulusBits,
})

async function digestOf(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8')
  const [, text = ''] = /-----BEGIN CERTIFICATE-----([^-]+)/.exec(pem) ?? []
  const { der } = parseCertificate(Buffer.from(text, 'base64'))
  return createHash('sha256').update(der).digest('hex')
}
