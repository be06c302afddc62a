import { DEVICE_TYPES, LEVELS } from '@sanad/protocol/domain/device-kinds'
import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { UsageError } from '@sanad/command-line/program'
import { choiceOf, choicesOf, given } from './choices.ts'
import { type Said, number, text } from './verb.ts'

/** The one filter of devices, as options: the same words for lists, the export, groups and acts on many. */

export const FILTERS = {
  search: { type: 'string' },
  serial: { type: 'string' },
  state: { type: 'string', multiple: true },
  make: { type: 'string' },
  model: { type: 'string' },
  group: { type: 'string' },
  import: { type: 'string' },
  country: { type: 'string' },
  environment: { type: 'string' },
  type: { type: 'string' },
  level: { type: 'string' },
  sbi: { type: 'string' },
  firmware: { type: 'string' },
  client: { type: 'string' },
  connected: { type: 'string' },
  'expires-within-days': { type: 'string' },
  'expires-before': { type: 'string' },
  'silent-for-hours': { type: 'string' },
} as const

export const FILTER_USAGE =
  '[--search <text>] [--serial <serial number>] [--state <state>]… [--make <make>] [--model <id>] [--group <id>|none] [--import <id>] ' +
  '[--country <ET>] [--environment <name>] [--type Finger|Iris|Face] [--level L0|L1] [--sbi <version>] ' +
  '[--firmware <version>] [--client <version>] [--connected yes|no] [--expires-within-days <n>] ' +
  '[--expires-before <instant>] [--silent-for-hours <n>]'

/** The server judges free text; closed lists are read here. @throws UsageError */
export const filterOf = (said: Said): DeviceFilter =>
  given({
    search: text(said, 'search'),
    serialNo: text(said, 'serial'),
    state: choicesOf(said, 'state', DEVICE_STATES),
    make: text(said, 'make'),
    modelId: text(said, 'model'),
    groupId: text(said, 'group'),
    importId: text(said, 'import'),
    country: text(said, 'country'),
    environment: text(said, 'environment'),
    deviceType: choiceOf(said, 'type', DEVICE_TYPES),
    level: choiceOf(said, 'level', LEVELS),
    serviceVersion: text(said, 'sbi'),
    firmware: text(said, 'firmware'),
    clientVersion: text(said, 'client'),
    connected: yesOrNo(said, 'connected'),
    expiresWithinDays: number(said, 'expires-within-days'),
    expiresBefore: text(said, 'expires-before'),
    silentForHours: number(said, 'silent-for-hours'),
  })

function yesOrNo(said: Said, name: string): boolean | undefined {
  const value = text(said, name)
  if (value === undefined) return undefined
  if (value !== 'yes' && value !== 'no') throw new UsageError(`--${name} is yes or no`)
  return value === 'yes'
}

export const isFiltered = (filter: DeviceFilter): boolean => Object.keys(filter).length > 0
