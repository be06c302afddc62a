import { randomUUID } from 'node:crypto'
import type { NewDevice, ReapproveBody, TransitionBody } from '@sanad/protocol/operator-api/devices'
import { type Proof, requireProof } from '@sanad/protocol/domain/device-proof'
import { deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import type { Actor, EventOf, NewEvent } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { type Clock, systemClock } from '../platform/clock.ts'
import { type Database, type DatabaseTransaction, isUniqueViolation } from '../platform/database.ts'
import { type LockedDevice, lockDevice } from './approved-device.ts'
import { bytesOrNull, hexOrNull } from '../platform/instant.ts'
import { judgeSerialNo } from './judge-serial-number.ts'
import { ENDS_TRUST, EVENT_OF, type OperatorAct, type WhenTrustEnds } from './operator-acts.ts'
import { readModel } from '../models/model-registry.ts'

/** What operators do with devices: each act is one transaction of the new state and its event. */

export interface DeviceRegistryOptions {
  readonly database: Database
  readonly clock?: Clock
  readonly whenTrustEnds: WhenTrustEnds
}

export class DeviceRegistry {
  readonly #database: Database
  readonly #clock: Clock
  readonly #whenTrustEnds: WhenTrustEnds

  constructor({ database, clock = systemClock, whenTrustEnds }: DeviceRegistryOptions) {
    this.#database = database
    this.#clock = clock
    this.#whenTrustEnds = whenTrustEnds
  }

  /**
   * @returns the id of the device
   * @throws SanadError `model.not-found`, `registration.model-retired`, `device.duplicate`,
   *   `device.proof-refused`, `device.serial-no-*`
   */
  async approve(device: NewDevice, actor: Actor): Promise<string> {
    const approved = this.#database.transaction().execute(async (tx) => {
      const model = await readModel(tx, device.modelId)
      if (model.state === 'retired') throw new SanadError('registration.model-retired')
      requireProof(model, device)
      const confirmedWarnings = await judgeSerialNo(tx, model, device)
      const deviceId = await insertDevice(tx, device)
      await recordEvents(tx, [approvalOf(deviceId, model, device, actor, confirmedWarnings)])
      return deviceId
    })
    return approved.catch(rethrowDuplicate)
  }

  /** De-registered → approved: the repaired device registers again, with a new key. */
  async reapprove(deviceId: string, body: ReapproveBody, actor: Actor): Promise<void> {
    const reapproved = this.#database.transaction().execute((tx) =>
      carryOut(tx, deviceId, 'approve', body, actor, async ({ modelId }) => {
        const model = await readModel(tx, modelId)
        requireProof(model, await proofAfter(tx, deviceId, body))
        await renewApproval(tx, deviceId, body)
        return []
      }),
    )
    return reapproved.catch(rethrowDuplicate)
  }

  /** @throws SanadError `device.not-found`, `device.transition-refused`, `request.conflict` */
  act(
    deviceId: string,
    act: Exclude<OperatorAct, 'approve'>,
    body: TransitionBody,
    actor: Actor,
  ): Promise<void> {
    return this.#database
      .transaction()
      .execute((tx) => this.actWithin(tx, deviceId, act, body, actor))
  }

  /** In the caller’s transaction. Call it late: it records. */
  actWithin(
    tx: DatabaseTransaction,
    deviceId: string,
    act: Exclude<OperatorAct, 'approve'>,
    body: TransitionBody,
    actor: Actor,
  ): Promise<void> {
    return carryOut(tx, deviceId, act, body, actor, async ({ state: was }) => {
      if (!ENDS_TRUST.has(act)) return []
      const why = { reason: body.reason, actor, at: this.#clock() }
      return this.#whenTrustEnds(tx, [{ deviceId, was }], why)
    })
  }
}

async function carryOut(
  tx: DatabaseTransaction,
  deviceId: string,
  act: OperatorAct,
  body: TransitionBody,
  actor: Actor,
  also: (device: LockedDevice) => Promise<readonly NewEvent[]>,
): Promise<void> {
  const device = await lockDevice(tx, deviceId)
  if (body.revision !== undefined && body.revision !== device.revision) {
    throw new SanadError('request.conflict')
  }
  await tx
    .updateTable('device')
    .set({
      state: deviceLife.next(device.state, act),
      revision: device.revision + 1,
      state_changed_at: sql<Date>`now()`,
    })
    .where('device_id', '=', deviceId)
    .execute()
  const consequences = await also(device)
  const event = { ...eventOf(act, deviceId, body.reason, actor), note: body.note }
  await recordEvents(tx, [...consequences, event])
}

function eventOf(act: OperatorAct, deviceId: string, reason: Reason, actor: Actor): NewEvent {
  return { type: EVENT_OF[act], actor, deviceId, data: { reason } }
}

/** What the device brings, or still has: a secret that was not used yet. */
async function proofAfter(tx: DatabaseTransaction, deviceId: string, body: Proof): Promise<Proof> {
  if (body.enrolmentSecretSha256 !== undefined) return body
  const { enrolment_secret_sha256: held, enrolment_secret_used_at: usedAt } = await tx
    .selectFrom('device')
    .select(['enrolment_secret_sha256', 'enrolment_secret_used_at'])
    .where('device_id', '=', deviceId)
    .executeTakeFirstOrThrow()
  const unused = usedAt === null ? hexOrNull(held) : null
  return unused === null ? body : { ...body, enrolmentSecretSha256: unused }
}

async function insertDevice(tx: DatabaseTransaction, device: NewDevice): Promise<string> {
  const deviceId = randomUUID()
  await tx
    .insertInto('device')
    .values({
      device_id: deviceId,
      model_id: device.modelId,
      serial_no: device.serialNo.normalize('NFC'),
      ftm_certificate_sha256: bytesOrNull(device.ftmCertificateSha256),
      enrolment_secret_sha256: bytesOrNull(device.enrolmentSecretSha256),
    })
    .execute()
  return deviceId
}

function approvalOf(
  deviceId: string,
  { make, model }: { readonly make: string; readonly model: string },
  { serialNo, ftmCertificateSha256, enrolmentSecretSha256 }: NewDevice,
  actor: Actor,
  confirmedWarnings: readonly string[],
): EventOf<'device.approved'> {
  return {
    type: 'device.approved',
    actor,
    deviceId,
    data: {
      make,
      model,
      serialNo,
      source: 'operator',
      ...(ftmCertificateSha256 !== undefined && { ftmCertificateSha256 }),
      hasEnrolmentSecret: enrolmentSecretSha256 !== undefined,
      ...(confirmedWarnings.length > 0 && { confirmedWarnings: [...confirmedWarnings] }),
    },
  }
}

/** A spent secret stays spent: an L0 device needs a new one. */
async function renewApproval(
  tx: DatabaseTransaction,
  deviceId: string,
  proof: Proof,
): Promise<void> {
  const chip = bytesOrNull(proof.ftmCertificateSha256)
  const secret = bytesOrNull(proof.enrolmentSecretSha256)
  await tx
    .updateTable('device')
    .set((column) => ({
      approved_at: sql<Date>`now()`,
      registered_at: null,
      // The same chip is expected again, unless another is named.
      ftm_certificate_sha256: chip ?? column.ref('ftm_certificate_sha256'),
      ...(secret !== null && { enrolment_secret_sha256: secret, enrolment_secret_used_at: null }),
    }))
    .where('device_id', '=', deviceId)
    .execute()
}

function rethrowDuplicate(cause: unknown): never {
  if (!isUniqueViolation(cause)) throw cause
  const isChip = isUniqueViolation(cause, 'device_of_chip')
  const detail = isChip ? 'another device has this FTM certificate' : undefined
  throw new SanadError('device.duplicate', detail, { cause })
}
