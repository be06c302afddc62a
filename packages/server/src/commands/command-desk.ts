import type {
  CommandOrderView,
  CommandView,
  NewCommandOrder,
} from '@sanad/protocol/operator-api/commands'
import { type CommandAct, commandLife } from '@sanad/protocol/domain/command-lifecycle'
import { requireCommandBody } from '@sanad/protocol/domain/commands'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { describeEnd, describeOrder } from './command-events.ts'
import { readCommandView } from './command-view.ts'
import './command-tables.ts'
import { holdRoom } from './device-room.ts'
import { type HeldCommand, holdCommand, mayRetry, putBack } from './held-command.ts'
import { insertOrdered, isNewOrder, readOrdered, timesOf } from './order-commands.ts'
import { wakeDevices } from '../channel/wake-devices.ts'

/** Operators order, cancel and repeat commands. Each act is one transaction with its events and its wake-up. */

export interface CommandDeskOptions {
  readonly database: Database
  readonly clock: Clock
  /** Told before a command of a campaign is ordered again; throws where the campaign does not allow it. */
  readonly beforeRetry?: (tx: DatabaseTransaction, campaignId: string) => Promise<void>
}

export class CommandDesk {
  readonly #options: CommandDeskOptions

  constructor(options: CommandDeskOptions) {
    this.#options = options
  }

  /**
   * For all of the devices or for none. The same request again answers what the first one did.
   *
   * @throws SanadError `request.malformed`, `request.conflict`, `device.not-found`, `device.transition-refused`,
   *   `command.too-many-waiting`
   */
  async order(order: NewCommandOrder, operatorId: string): Promise<CommandOrderView> {
    requireCommandBody(order.command.type, order.command.body)
    const times = timesOf(order, this.#options.clock())
    await this.#options.database.transaction().execute(async (tx) => {
      if (!(await isNewOrder(tx, order, operatorId, times.orderedAt))) return
      await holdRoom(tx, order.deviceIds)
      const ordered = await insertOrdered(tx, order, operatorId, times)
      if (times.isDue) await wakeDevices(tx, order.deviceIds)
      const actor = operatorActor(operatorId)
      const { note } = order
      await recordEvents(
        tx,
        ordered.map((subject) => ({ ...describeOrder(actor, subject), note })),
      )
    })
    return readOrdered(this.#options.database, order.orderId)
  }

  /** @throws SanadError `command.not-found`, `command.transition-refused` */
  cancel(commandId: string, operatorId: string): Promise<CommandView> {
    return this.#act(commandId, 'cancel', async (tx, { subject }) => {
      await tx
        .updateTable('command')
        .set({ state: 'cancelled', finished_at: new Date(this.#options.clock()), wake_at: null })
        .where('command_id', '=', commandId)
        .execute()
      return describeEnd('command.cancelled', operatorActor(operatorId), subject)
    })
  }

  /**
   * As often as its kind allows.
   *
   * @throws SanadError `command.not-found`, `command.transition-refused`, `campaign.state-refused`, `device.*`,
   *   `command.too-many-waiting`
   */
  retry(commandId: string, operatorId: string): Promise<CommandView> {
    return this.#act(commandId, 'retry', async (tx, held) => {
      const { subject, retries } = held
      if (!mayRetry(held)) throw new SanadError('command.transition-refused', WHY_NO_RETRY)
      await holdRoom(tx, [subject.deviceId])
      const now = this.#options.clock()
      await putBack(tx, held, now)
      await wakeDevices(tx, [subject.deviceId])
      const { deviceId, type: commandType } = subject
      return {
        type: 'command.retried',
        actor: operatorActor(operatorId),
        deviceId,
        data: { commandId, commandType, retry: retries + 1 },
      }
    })
  }

  async #act(
    commandId: string,
    act: CommandAct,
    change: (tx: DatabaseTransaction, held: HeldCommand) => Promise<NewEvent>,
  ): Promise<CommandView> {
    const { database } = this.#options
    await database.transaction().execute(async (tx) => {
      // Campaigns before devices, as they are when a campaign goes on.
      if (act === 'retry') await this.#tellCampaign(tx, commandId)
      const held = await holdCommand(tx, commandId)
      commandLife.next(held.state, act)
      await recordEvents(tx, [await change(tx, held)])
    })
    return readCommandView(database, commandId)
  }

  async #tellCampaign(tx: DatabaseTransaction, commandId: string): Promise<void> {
    const command = await tx
      .selectFrom('command')
      .select('campaign_id')
      .where('command_id', '=', commandId)
      .executeTakeFirst()
    const campaignId = command?.campaign_id ?? null
    if (campaignId !== null) await this.#options.beforeRetry?.(tx, campaignId)
  }
}

const WHY_NO_RETRY = 'A command of this kind is not ordered again so often.'
