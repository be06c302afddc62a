import { COMMAND_STATES } from '../domain/command-lifecycle.ts'

/** What a list can be ordered, grouped or narrowed by. Apart from the schemas: a page reads an address without them. */

/** `-` turns the order round: `-approvedAt` is newest first. */
export const DEVICE_ORDERS = [
  'serialNo',
  '-serialNo',
  'approvedAt',
  '-approvedAt',
  'lastCheckInAt',
  '-lastCheckInAt',
] as const
export type DeviceOrder = (typeof DEVICE_ORDERS)[number]

export const FORECAST_GROUPINGS = ['model', 'group', 'country', 'policy'] as const

/** `ok`: below 400. `refused`: 4xx. `failed`: 5xx. */
export const ACCESS_OUTCOMES = ['ok', 'refused', 'failed'] as const
export type AccessOutcome = (typeof ACCESS_OUTCOMES)[number]

/** What became of a device in a campaign: what became of its command, or that it has none. */
export const CAMPAIGN_DEVICE_STATES = ['waiting', 'skipped', ...COMMAND_STATES] as const
export type CampaignDeviceState = (typeof CAMPAIGN_DEVICE_STATES)[number]
