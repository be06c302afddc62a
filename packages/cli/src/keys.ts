import { randomUUID } from 'node:crypto'
import type { FindingView } from '@sanad/protocol/operator-api/findings'
import { REASONS } from '@sanad/protocol/domain/reasons'
import { followFilling } from './filling.ts'
import { findDeviceId } from './find-device.ts'
import { listAll } from './pages.ts'
import { facts, moment, print, table } from './terminal.ts'
import { UsageError } from '@sanad/command-line/program'
import { type Said, type Verb, number } from './verb.ts'
import { CHECK_NAMES } from '@sanad/protocol/operator-api/checks'
import { FORECAST_GROUPINGS } from '@sanad/protocol/operator-api/choices'
import { choiceOf, needReason } from './choices.ts'

async function showForecast(said: Said): Promise<void> {
  const by = choiceOf(said, 'by', FORECAST_GROUPINGS) ?? 'model'
  const forecast = await said.connection.call('readForecast', { query: { by } })
  const { willFail, failedAlready, devices, at } = forecast
  print(said.terminal, forecast, () =>
    [
      facts([
        ['counted', moment(at)],
        ['devices', devices],
        ['failed already', failedAlready],
        ['fail within 7 days', willFail.in7Days],
        ['fail within 14 days', willFail.in14Days],
        ['fail within 30 days', willFail.in30Days],
      ]),
      '',
      table(
        [by.toUpperCase(), 'DEVICES', 'FAILED', '7 DAYS', '14 DAYS', '30 DAYS'],
        forecast.groups.map((group) => [
          group.name,
          ...[
            group.devices,
            group.failedAlready,
            group.in7Days,
            group.in14Days,
            group.in30Days,
          ].map(String),
        ]),
      ),
    ].join('\n'),
  )
}

async function rotateKeys(said: Said): Promise<void> {
  const { connection, terminal, positionals } = said
  const isFleet = said.options['all'] === true
  if (isFleet === positionals.length > 0) throw new UsageError('name devices, or say --all')
  const deviceIds = await Promise.all(
    positionals.map((name) => findDeviceId(connection.call, name)),
  )
  const withinHours = number(said, 'within-hours')
  const body = {
    orderId: randomUUID(),
    ...(isFleet ? { filter: { state: ['registered' as const] } } : { deviceIds }),
    reason: needReason(said),
    ...(withinHours !== undefined && { withinHours }),
  }
  const given = await connection.call('orderRotation', { body })
  const params = { orderId: given.orderId }
  const order = await followFilling(said, given, () =>
    connection.call('readRotationOrder', { params }),
  )
  print(
    terminal,
    order,
    () => `Rotation ordered for ${order.devices} devices, until ${moment(order.windowEnd)}.`,
  )
}

async function listFindings(said: Said): Promise<void> {
  const rows: FindingView[] = []
  const check = choiceOf(said, 'check', CHECK_NAMES)
  const query = check === undefined ? {} : { check: [check] }
  const limit = number(said, 'limit') ?? 200
  for await (const row of listAll(said.connection, 'listFindings', { query }, limit)) rows.push(row)
  print(said.terminal, rows, () =>
    table(
      ['SEVERITY', 'FINDING', 'ABOUT', 'WHEN', 'WHAT TO DO'],
      rows.map((row) => [
        row.severity,
        row.check,
        row.device?.serialNo ?? row.subject ?? '–',
        moment(row.at),
        row.action,
      ]),
    ),
  )
}

async function listPolicies(said: Said): Promise<void> {
  const policies = await said.connection.call('listPolicies')
  print(said.terminal, policies, () =>
    table(
      ['POLICY', 'VERSION', 'DEVICES', 'ROTATION', 'CHECK-IN', 'GIVEN TO'],
      policies.items.map(({ name, version, devices, settings, assignments }) => [
        name,
        String(version),
        String(devices),
        `${settings.rotationDays} + ${settings.overlapDays} days`,
        `${settings.checkInSeconds} s`,
        assignments.map((given) => given.name ?? given.scope).join(', ') || 'nobody',
      ]),
    ),
  )
}

async function showRevocation(said: Said): Promise<void> {
  const view = await said.connection.call('listRevocationLists')
  print(said.terminal, view, () =>
    table(
      ['ISSUER', 'LISTS', 'ENTRIES', 'SIGNED', 'GOOD UNTIL'],
      view.issuers.map((issuer) => [
        issuer.subject,
        String(issuer.lists),
        String(issuer.entries),
        moment(issuer.oldestThisUpdate),
        moment(issuer.earliestNextUpdate),
      ]),
    ),
  )
}

export const KEY_VERBS: readonly Verb[] = [
  {
    name: 'keys forecast',
    usage: '[--by model|group|country|policy]',
    summary: 'devices whose certificates will expire, and when',
    options: { by: { type: 'string' } },
    run: showForecast,
  },
  {
    name: 'keys rotate',
    usage: '(<device>… | --all) --reason <reason> [--within-hours <n>]',
    summary: `order a rotation; reasons: ${REASONS.join(', ')}`,
    options: {
      all: { type: 'boolean' },
      reason: { type: 'string' },
      'within-hours': { type: 'string' },
    },
    run: rotateKeys,
  },
  {
    name: 'keys revoked',
    usage: '',
    summary: 'the revocation lists, and how current they are',
    run: showRevocation,
  },
  {
    name: 'findings list',
    usage: '[--check <name>] [--limit <n>]',
    summary: 'findings of the audit',
    options: { check: { type: 'string' }, limit: { type: 'string' } },
    run: listFindings,
  },
  { name: 'policies list', usage: '', summary: 'policies in force', run: listPolicies },
]
