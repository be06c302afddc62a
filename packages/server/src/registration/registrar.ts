import { encodeCertificateChain } from '@sanad/protocol/envelope/certificates'
import { readBody } from '@sanad/protocol/envelope/request'
import type { RequestBody } from '@sanad/protocol/messages'
import { SanadError } from '@sanad/protocol/problems'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import { recordEvents } from '../audit/record-events.ts'
import type { DeviceCertificateIssuer } from '../certificates/device-certificate-issuer.ts'
import { revokeDeviceCertificates } from '../certificates/device-certificate-store.ts'
import type { IssuancePolicy } from '../certificates/device-validity.ts'
import type { IssuanceIntent } from '../certificates/issuance-intent.ts'
import {
  type ApprovedDevice,
  consumeEnrolmentSecret,
  findApprovedDevice,
  findDeviceOfChip,
  isEnrolmentSecretRight,
  markRegistered,
} from '../devices/approved-device.ts'
import type { Answer } from '../messages/answers.ts'
import { continuePresence, startPresence } from '../messages/presence-store.ts'
import type { Clock } from '../platform/clock.ts'
import type { Policy } from '../platform/config.ts'
import { type Database, type DatabaseTransaction, isUniqueViolation } from '../platform/database.ts'
import { findApproval, requestApproval } from './approvals.ts'
import { giveChallenge, useChallenge } from './challenges.ts'
import type { Claim } from './claim.ts'
import { keepClaim } from './claims-store.ts'
import { type Decision, type Evidence, type Registry, decide } from './decide.ts'
import { type NewKey, bindKey, checkFtmPath, examineNewKey, ftmCertificateOf } from './evidence.ts'
import { findGivenAnswer, keepAnswer } from './given-answers.ts'
import { type KeyUse, findKeyUse } from './key-use.ts'
import { retryAfterFor, sentenceFor } from './sentences.ts'

/**
 * Registers genuine devices.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 1 and 6. Two transactions with the HSM between them: the first
 * decides and writes down what will be signed, the second makes certificate, state, event and answer one
 * effect. Power may fail between any two steps; the device asks again and gets the same certificate.
 */

export interface RegistrarOptions {
  readonly database: Database
  readonly issuer: DeviceCertificateIssuer
  readonly issuancePolicy: IssuancePolicy
  readonly policy: Policy
  readonly clock: Clock
}

/** All that was found out about a claim, in the transaction that holds the device's row. */
interface Case {
  readonly claim: Claim
  readonly approved: ApprovedDevice | undefined
  readonly evidence: Evidence
  readonly key: NewKey
  readonly keyUse: KeyUse
  readonly decision: Decision
}

interface Granted {
  readonly deviceId: string
  readonly intent: IssuanceIntent
  readonly proof: NonNullable<Decision['proof']>
  readonly approved: ApprovedDevice
}

type Judged = { readonly answer: Answer } | { readonly granted: Granted }

export class Registrar {
  readonly #options: RegistrarOptions

  constructor(options: RegistrarOptions) {
    this.#options = options
  }

  /** @throws SanadError `message.replayed`, `database.unavailable` */
  async answerChallenge(claim: Claim): Promise<Answer> {
    const { database, clock, policy } = this.#options
    return this.#once(claim, () =>
      database.transaction().execute(async (tx) => {
        const { nonce, expiresAt } = await giveChallenge(
          tx,
          claim,
          clock(),
          policy.challengeLifetime,
        )
        const answer: Answer = {
          type: 'registration-challenge-answer',
          body: { nonce, expiresAt: formatTimestamp(expiresAt) },
        }
        await this.#keep(tx, claim, answer)
        return answer
      }),
    )
  }

  /** @throws SanadError `message.*`, `hsm.*`, `certificate.no-issuer`, `database.unavailable` */
  async register(claim: Claim, remoteAddress: string): Promise<Answer> {
    const { database, issuer } = this.#options
    const body = readBody('registration', claim.request)
    return this.#once(claim, async () => {
      const judged = await database
        .transaction()
        .execute((tx) => this.#judge(tx, claim, body, remoteAddress))
      if ('answer' in judged) return judged.answer
      // Outside any transaction: an HSM that stalls holds no row.
      const certificate = await issuer.signIssuance(judged.granted.intent)
      const concluded = await database
        .transaction()
        .execute((tx) => this.#conclude(tx, claim, judged.granted, certificate))
      // Somebody changed the device meanwhile: an operator, or another claim that was faster.
      return concluded ?? this.#judgeAgain(claim, body, remoteAddress)
    })
  }

  /** @throws SanadError `request.conflict` when the device changes once more */
  async #judgeAgain(
    claim: Claim,
    body: RequestBody<'registration'>,
    remoteAddress: string,
  ): Promise<Answer> {
    const { database } = this.#options
    const given = await findGivenAnswer(database, claim)
    if (given !== undefined) return given
    const judged = await database
      .transaction()
      .execute((tx) => this.#judge(tx, claim, body, remoteAddress))
    if ('answer' in judged) return judged.answer
    throw new SanadError('request.conflict', 'the device changed meanwhile')
  }

  /** A message that comes again gets the answer it got, even when both came at once. */
  async #once(claim: Claim, work: () => Promise<Answer>): Promise<Answer> {
    const { database } = this.#options
    const given = await findGivenAnswer(database, claim)
    if (given !== undefined) return given
    try {
      return await work()
    } catch (error) {
      if (!isUniqueViolation(error, 'registration_answer_pkey')) throw error
      const first = await findGivenAnswer(database, claim)
      if (first === undefined) throw error
      return first
    }
  }

  async #judge(
    tx: DatabaseTransaction,
    claim: Claim,
    body: RequestBody<'registration'>,
    remoteAddress: string,
  ): Promise<Judged> {
    const found = await this.#gather(tx, claim, body)
    const { decision, approved, key, keyUse } = found
    if (decision.verdict !== 'register' && decision.verdict !== 'resume') {
      return { answer: await this.#turnAway(tx, found, remoteAddress) }
    }
    if (approved === undefined || key.spki === undefined)
      throw new SanadError('server.internal', 'a device without record or key was allowed')
    if (keyUse.issued !== undefined)
      return { answer: await this.#repeat(tx, claim, approved, keyUse.issued) }
    const intent = await this.#options.issuer.planIssuance(tx, {
      deviceId: approved.deviceId,
      serialNo: approved.identity.serialNo,
      model: approved.identity.model,
      spki: key.spki,
      policy: this.#options.issuancePolicy,
    })
    return {
      granted: { deviceId: approved.deviceId, intent, proof: decision.proof ?? 'ftm', approved },
    }
  }

  async #gather(
    tx: DatabaseTransaction,
    claim: Claim,
    body: RequestBody<'registration'>,
  ): Promise<Case> {
    const now = this.#options.clock()
    const approved = await findApprovedDevice(tx, claim.digitalId)
    const key = bindKey(claim, examineNewKey(body))
    const ftmCertificateSha256 = ftmCertificateOf(claim)
    const evidence: Evidence = {
      digitalId: claim.digitalId,
      claimedLevel: body.level,
      signer: claim.signer,
      ftmPath: checkFtmPath(claim, approved, now),
      ftmCertificateSha256,
      challenge: await useChallenge(tx, claim, body.nonce, now),
      possession: key.possession,
      key: key.strength,
      enrolmentSecret: await checkEnrolmentSecret(tx, approved, body.enrolmentSecret),
    }
    const keyUse = await this.#findKeyUse(tx, approved, key)
    const registry = await describeRegistry(tx, { approved, evidence, key, keyUse })
    return { claim, approved, evidence, key, keyUse, decision: decide(evidence, registry) }
  }

  #findKeyUse(
    tx: DatabaseTransaction,
    approved: ApprovedDevice | undefined,
    { spkiSha256 }: NewKey,
  ): Promise<KeyUse> {
    if (approved === undefined || spkiSha256 === undefined) return Promise.resolve({ use: 'never' })
    return findKeyUse(tx, approved, spkiSha256)
  }

  async #turnAway(
    tx: DatabaseTransaction,
    { claim, decision, evidence, approved, key }: Case,
    remoteAddress: string,
  ): Promise<Answer> {
    const { verdict, code } = decision
    if (verdict === 'register' || verdict === 'resume' || code === undefined)
      throw new SanadError('server.internal', 'a verdict without a reason')
    const now = this.#options.clock()
    const { deviceId } = approved ?? {}
    const { spkiSha256 } = key
    const { supportCode, events } = await keepClaim(
      tx,
      {
        claim,
        evidence,
        decision: { ...decision, verdict, code },
        deviceId,
        spkiSha256,
        remoteAddress,
      },
      now,
    )
    const asked =
      verdict === 'pend' && deviceId !== undefined && spkiSha256 !== undefined
        ? await requestApproval(tx, { deviceId, spkiSha256, supportCode }, now)
        : []
    const words = {
      supportCode,
      sentence: sentenceFor(code),
      retryAfterSeconds: retryAfterFor(code),
    }
    const answer: Answer = {
      type: 'registration-answer',
      body: { outcome: verdict === 'pend' ? 'pending' : 'refused', ...words },
    }
    await this.#keep(tx, claim, answer)
    await recordEvents(tx, [...events, ...asked])
    return answer
  }

  /** The certificate exists and only its answer was lost: nothing is issued twice. */
  async #repeat(
    tx: DatabaseTransaction,
    claim: Claim,
    { deviceId }: ApprovedDevice,
    issued: NonNullable<KeyUse['issued']>,
  ): Promise<Answer> {
    await continuePresence(tx, deviceId, claim.request.envelope.seq)
    const answer = await this.#describeRegistered(issued)
    await this.#keep(tx, claim, answer)
    return answer
  }

  async #conclude(
    tx: DatabaseTransaction,
    claim: Claim,
    granted: Granted,
    certificate: Uint8Array,
  ): Promise<Answer | undefined> {
    const { deviceId, intent, proof, approved } = granted
    // The row is held again, and its state judged anew: an operator may have blocked the device meanwhile.
    const current = await findApprovedDevice(tx, claim.digitalId)
    if (current?.state !== approved.state) return undefined
    // Of the device's life before this approval: one device, one certificate that counts.
    await revokeDeviceCertificates(
      tx,
      { deviceId, reason: 'replaced', actor: 'server' },
      this.#options.clock(),
    )
    const stored = await this.#options.issuer.recordIssuance(tx, intent, certificate)
    if (proof === 'enrolment-secret') await consumeEnrolmentSecret(tx, deviceId)
    const ftmCertificateSha256 = ftmCertificateOf(claim)
    await startPresence(tx, deviceId, claim.request.envelope.seq)
    const answer = await this.#describeRegistered(stored)
    await this.#keep(tx, claim, answer)
    await markRegistered(tx, deviceId, {
      level: approved.model.level,
      proof,
      certificateSerial: stored.serialNumber,
      spkiSha256: stored.spkiSha256,
      ...(ftmCertificateSha256 !== undefined && { ftmCertificateSha256 }),
    })
    return answer
  }

  async #describeRegistered(certificate: {
    der: Uint8Array
    providerCertificateId: string
  }): Promise<Answer> {
    const chain = await this.#options.issuer.chainOf(certificate)
    const { checkInSeconds } = this.#options.policy
    return {
      type: 'registration-answer',
      body: {
        outcome: 'registered',
        certificateChain: encodeCertificateChain(chain),
        nextCheckInSeconds: checkInSeconds,
      },
    }
  }

  /** Kept as long as the message itself would pass the time window. */
  #keep(tx: DatabaseTransaction, claim: Claim, answer: Answer): Promise<void> {
    const { clock, policy } = this.#options
    return keepAnswer(tx, claim, answer, clock() + 2 * policy.messageWindow)
  }
}

async function checkEnrolmentSecret(
  tx: DatabaseTransaction,
  approved: ApprovedDevice | undefined,
  secret: string | undefined,
): Promise<Evidence['enrolmentSecret']> {
  if (secret === undefined) return 'missing'
  if (approved === undefined) return 'wrong'
  return (await isEnrolmentSecretRight(tx, approved.deviceId, secret)) ? 'right' : 'wrong'
}

async function describeRegistry(
  tx: DatabaseTransaction,
  { approved, evidence, key, keyUse }: Pick<Case, 'approved' | 'evidence' | 'key' | 'keyUse'>,
): Promise<Registry> {
  if (approved === undefined)
    return {
      model: undefined,
      device: undefined,
      keyUse: keyUse.use,
      isChipOfAnotherDevice: false,
      approval: 'none',
    }
  const { deviceId, ftmCertificateSha256 } = approved
  const ownerOfChip =
    evidence.ftmCertificateSha256 === undefined
      ? undefined
      : await findDeviceOfChip(tx, evidence.ftmCertificateSha256)
  return {
    model: approved.model,
    device: { state: approved.state, approved: approved.identity, ftmCertificateSha256 },
    keyUse: keyUse.use,
    isChipOfAnotherDevice: ownerOfChip !== undefined && ownerOfChip !== deviceId,
    approval:
      key.spkiSha256 === undefined ? 'none' : await findApproval(tx, deviceId, key.spkiSha256),
  }
}
