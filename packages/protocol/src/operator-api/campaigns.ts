import Type, { type Static } from 'typebox'
import { CAMPAIGN_STATES } from '../domain/campaign-lifecycle.ts'
import { COMMAND_STATES } from '../domain/command-lifecycle.ts'
import { COMMAND_TYPES } from '../domain/commands.ts'
import { Count, Cursor, Instant, Label, PageLimit, SerialNo, Uuid, closed } from '../text/fields.ts'
import { type CommandToGive, MaintenanceWindow, Order } from './commands.ts'
import { DeviceFilter } from './devices.ts'
import { Filling } from './filling.ts'

/** Campaigns, as operators order and see them. */

const nullable = <const S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const optional = Type.Optional

export const NewCampaign = Type.Object(
  {
    /** The sender’s choice: the same request again makes no second one. */
    campaignId: Uuid,
    name: Label,
    filter: DeviceFilter,
    /** Devices that come to match later are told too, until the campaign is stopped. */
    isContinuing: optional(Type.Boolean({ default: false })),
    perMinute: Type.Integer({ minimum: 1, maximum: 60_000 }),
    abort: Type.Object(
      {
        /** Percent of those that ended. */
        failedPercent: Type.Integer({ minimum: 1, maximum: 100 }),
        /** Of at least so many that ended. */
        ofAtLeast: Type.Integer({ minimum: 1, maximum: 100_000 }),
      },
      closed,
    ),
    ...Order,
  },
  closed,
)
export type NewCampaign = Omit<Static<typeof NewCampaign>, 'command'> & {
  readonly command: CommandToGive
}

export const CampaignPreviewBody = Type.Object({ filter: DeviceFilter }, closed)

/** Whom a campaign would be for, if it began now. */
export const CampaignPreview = Type.Object(
  {
    devices: Count,
    /** Of those, devices that cannot be told now: not registered. They are left out. */
    leftOut: Count,
    models: Type.Array(
      Type.Object({ make: Type.String(), model: Type.String(), devices: Count }, closed),
    ),
    sample: Type.Array(Type.Object({ deviceId: Uuid, serialNo: SerialNo }, closed)),
  },
  closed,
)
export type CampaignPreview = Static<typeof CampaignPreview>

const CampaignCounts = Type.Object(
  {
    /** Not ordered yet. */
    waiting: Count,
    /** Never ordered: too much waited for the device, or its state did not allow it. */
    skipped: Count,
    ...Object.fromEntries(COMMAND_STATES.map((state) => [state, Count])),
  } as Record<'waiting' | 'skipped' | (typeof COMMAND_STATES)[number], typeof Count>,
  closed,
)
export type CampaignCounts = Static<typeof CampaignCounts>

export const CampaignView = Type.Object(
  {
    campaignId: Uuid,
    name: Label,
    type: Type.Enum(COMMAND_TYPES),
    body: Type.Unknown(),
    filter: DeviceFilter,
    isContinuing: Type.Boolean(),
    perMinute: Count,
    abort: Type.Object({ failedPercent: Count, ofAtLeast: Count }, closed),
    lifeHours: Count,
    maintenanceWindow: nullable(MaintenanceWindow),
    state: Type.Enum(CAMPAIGN_STATES),
    stoppedBecause: nullable(Type.Enum(['operator', 'failures'])),
    createdAt: Instant,
    createdBy: Type.String(),
    /** When the last of its commands was over. */
    finishedAt: nullable(Instant),
    /** Gathered so far. */
    devices: Count,
    /** Null: all are gathered that matched when it was created. */
    filling: nullable(Filling),
    counts: CampaignCounts,
  },
  closed,
)
export type CampaignView = Static<typeof CampaignView>

export const CampaignParams = Type.Object({ campaignId: Uuid }, closed)
export const CampaignQuery = Type.Object(
  { after: optional(Cursor), limit: optional(PageLimit) },
  closed,
)
export const CampaignPage = Type.Object(
  { items: Type.Array(CampaignView), next: nullable(Cursor) },
  closed,
)
export type CampaignPage = Static<typeof CampaignPage>
