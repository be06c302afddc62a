import { ClockResetView, LastClockReset, NewClockReset } from '../clock-resets.ts'
import { EventPage, TimelineQuery } from '../events.ts'
import {
  ClockHealth,
  DeviceFactsChanges,
  DeviceFactsChangesQuery,
  DeviceFactsQuery,
  DeviceFactsView,
} from '../facts.ts'
import { operation } from '../operation.ts'

/** What is known of a device that is there: facts, timeline, clock. */

const tag = 'devices'
const access = 'device:read'
const problems = ['device.not-found'] as const

export const FACT_OPERATIONS = {
  readDeviceFacts: operation('GET /devices/:deviceId/facts', {
    access,
    tag,
    summary: 'Read the facts of a device',
    description: 'What the device reported of its host and itself, now or at a time in the past.',
    query: DeviceFactsQuery,
    answer: DeviceFactsView,
    problems,
  }),
  listDeviceFactsChanges: operation('GET /devices/:deviceId/facts/changes', {
    access,
    tag,
    summary: 'List changes of the facts of a device',
    description: 'Which facts changed and when, the latest first, page by page.',
    query: DeviceFactsChangesQuery,
    answer: DeviceFactsChanges,
    problems,
  }),
  readDeviceTimeline: operation('GET /devices/:deviceId/timeline', {
    access,
    tag,
    summary: 'Read the timeline of a device',
    description: 'The events of the record that are about the device, the latest first.',
    query: TimelineQuery,
    answer: EventPage,
    problems,
  }),
  readClockReset: operation('GET /devices/:deviceId/clock-reset', {
    access,
    tag,
    summary: 'Read the last clock reset of a device',
    description: 'The last order to set the clock of the device back, and how far it came.',
    answer: LastClockReset,
    problems,
  }),
  orderClockReset: operation('POST /devices/:deviceId/clock-reset', {
    access: 'time:reset',
    tag,
    summary: 'Order a clock reset',
    description:
      'Signs a statement that lets the device set its clock back. Certificates that had expired by it are valid to the device again.',
    body: NewClockReset,
    answer: ClockResetView,
    status: 201,
    problems: [...problems, 'device.transition-refused'],
    isForTwo: true,
  }),
  readClockHealth: operation('GET /clock-health', {
    access,
    tag,
    summary: 'Count devices by the health of their clock',
    description: 'How many devices have a clock that is right, wrong, or not known.',
    answer: ClockHealth,
  }),
} as const
