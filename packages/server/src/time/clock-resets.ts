import { randomUUID } from 'node:crypto'
import type {
  ClockResetProgress,
  ClockResetView,
  NewClockReset,
} from '@sanad/protocol/operator-api/clock-resets'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import { operatorActor } from '@sanad/protocol/domain/events'
import type { IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp, parseTimestamp } from '@sanad/protocol/text/timestamps'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { recordEvents } from '../record/record-events.ts'
import type { CommandSigner } from '../commands/command-signer.ts'
import { takeNumbers } from '../commands/waiting-commands.ts'
import { readDevice } from '../fleet/device-view.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { ClockResetTable } from './clock-reset-table.ts'

/**
 * Orders to set the clock of one device back.
 *
 * A client that was led into the future takes no answer of ours, and so no command: all are in its past. What it
 * does is to ask for such an order. It is a command, signed by the command key and numbered as all commands of
 * the device are, and not secret.
 */

export interface ClockResetsOptions {
  readonly database: Database
  readonly signer: CommandSigner
  readonly clock: Clock
  /** Throws while the server’s own clock is not trusted. */
  readonly clockRadius: () => number
}

const LIFE_MS = DAY_MS
/** Of the order, so that a clock of ours that is slewed meanwhile is not before it. */
const FLOOR_MARGIN_MS = 60_000

export class ClockResets {
  readonly #options: ClockResetsOptions

  constructor(options: ClockResetsOptions) {
    this.#options = options
  }

  /**
   * Takes the place of an earlier one. A number whose signature failed is lost, which harms nobody.
   *
   * @throws SanadError `device.not-found`, `device.transition-refused`, `time.not-trusted`, `request.malformed`, `hsm.*`
   */
  async order(
    deviceId: string,
    { reason, note, floor: asked }: NewClockReset,
    operatorId: string,
  ): Promise<ClockResetView> {
    // A server that does not know the time does not correct anybody's.
    this.#options.clockRadius()
    const now = this.#options.clock()
    const floor = asked === undefined ? now - FLOOR_MARGIN_MS : parseTimestamp(asked)
    if (floor > now) throw new SanadError('request.malformed', 'floor is in the future')
    const device = await this.#identify(deviceId)
    const signed = await this.#sign(deviceId, device, { now, floor })
    await this.#options.database.transaction().execute(async (tx) => {
      await keepReset(tx, { deviceId, operatorId, now, subject: deviceSubject(device), signed })
      const actor = operatorActor(operatorId)
      const data = { ...signed.view, reason }
      await recordEvents(tx, [{ type: 'device.clock-reset-ordered', actor, deviceId, data, note }])
    })
    return signed.view
  }

  async #identify(deviceId: string): Promise<NamedDevice> {
    const { state, serialNo, model } = await readDevice(this.#options.database, deviceId)
    if (state === 'blocked' || state === 'deregistered')
      throw new SanadError('device.transition-refused', 'The device is not in use.')
    return { make: model.make, model: model.model, serialNo }
  }

  async #sign(
    deviceId: string,
    device: NamedDevice,
    { now, floor }: { readonly now: number; readonly floor: number },
  ): Promise<SignedReset> {
    const { database, signer } = this.#options
    const number = await database.transaction().execute((tx) => takeNumbers(tx, deviceId, 0, 1))
    const commandId = randomUUID()
    const notAfter = now + LIFE_MS
    const [floorText, notAfterText] = [formatTimestamp(floor), formatTimestamp(notAfter)]
    const parts = {
      commandId,
      number,
      device,
      type: 'synchronise-time' as const,
      body: { mode: 'reset' as const, floor: floorText },
      issuedAt: now,
      notBefore: now,
      notAfter,
    }
    const view = { commandId, number, floor: floorText, notAfter: notAfterText }
    const sign = async (form: IdentifierForm): Promise<string> => {
      const key = await signer.key(form)
      return signer.sign(key, signer.write(key, parts))
    }
    // Which of them the client reads is known when it asks.
    return { view, statement: await sign('current'), formerStatement: await sign('former') }
  }

  /** The command as it was signed. @throws SanadError `request.not-found` */
  async find(subject: string, form: IdentifierForm): Promise<string> {
    const { database, clock } = this.#options
    const now = new Date(clock())
    const row = await database
      .selectFrom('clock_reset')
      .select(['command_id', 'statement', 'former_statement', 'sent_at'])
      .where('subject', '=', subject)
      .where('not_after', '>', now)
      .executeTakeFirst()
    if (row === undefined) throw new SanadError('request.not-found')
    if (row.sent_at === null) await this.#noteSent(row.command_id, now)
    return form === 'current' ? row.statement : (row.former_statement ?? row.statement)
  }

  async #noteSent(commandId: string, now: Date): Promise<void> {
    await this.#options.database
      .updateTable('clock_reset')
      .set({ sent_at: now })
      .where('command_id', '=', commandId)
      .where('sent_at', 'is', null)
      .execute()
  }

  /** How far the last order of a device has come; null where there was none. @throws SanadError `device.not-found` */
  async read(deviceId: string): Promise<ClockResetProgress | null> {
    const { database, clock } = this.#options
    const { presence } = await readDevice(database, deviceId)
    const row = await database
      .selectFrom('clock_reset as r')
      .innerJoin('operator as o', 'o.operator_id', 'r.ordered_by')
      .selectAll('r')
      .select('o.name as ordered_by_name')
      .where('r.device_id', '=', deviceId)
      .executeTakeFirst()
    return row === undefined ? null : describeReset(row, presence?.lastCheckInAt, clock())
  }
}

type NamedDevice = Parameters<typeof deviceSubject>[0]

interface SignedReset {
  readonly view: ClockResetView
  /** The JWS. */
  readonly statement: string
  readonly formerStatement: string
}

interface NewReset {
  readonly deviceId: string
  readonly operatorId: string
  readonly now: number
  readonly subject: string
  readonly signed: SignedReset
}

async function keepReset(
  tx: DatabaseTransaction,
  { deviceId, operatorId, now, subject, signed: { view, statement, formerStatement } }: NewReset,
): Promise<void> {
  const row = {
    command_id: view.commandId,
    number: view.number,
    subject,
    floor: new Date(view.floor),
    statement,
    former_statement: formerStatement,
    ordered_at: new Date(now),
    ordered_by: operatorId,
    not_after: new Date(view.notAfter),
    sent_at: null,
  }
  await tx
    .insertInto('clock_reset')
    .values({ device_id: deviceId, ...row })
    // Of two at once the later number stays.
    .onConflict((conflict) =>
      conflict
        .column('device_id')
        .doUpdateSet(row)
        .whereRef('clock_reset.number', '<', 'excluded.number'),
    )
    .execute()
}

function describeReset(
  row: ClockResetTable & { readonly ordered_by_name: string },
  lastCheckInAt: string | undefined,
  now: number,
): ClockResetProgress {
  const sentAt = row.sent_at?.getTime()
  // A client that was led astray can make no message. That it does shows that it knows the time again.
  const isDone =
    sentAt !== undefined && lastCheckInAt !== undefined && Date.parse(lastCheckInAt) > sentAt
  const sent = sentAt === undefined ? 'waiting' : 'sent'
  const waiting = row.not_after.getTime() > now ? sent : 'expired'
  return {
    commandId: row.command_id,
    number: Number(row.number),
    floor: formatTimestamp(row.floor.getTime()),
    notAfter: formatTimestamp(row.not_after.getTime()),
    state: isDone ? 'done' : waiting,
    orderedAt: formatTimestamp(row.ordered_at.getTime()),
    orderedBy: row.ordered_by_name,
    sentAt: sentAt === undefined ? null : formatTimestamp(sentAt),
    doneAt: isDone ? lastCheckInAt : null,
  }
}
