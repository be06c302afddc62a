import type { FindingCounts, FindingView } from '@sanad/protocol/operator-api/findings'
import { CHECKS, CHECK_NAMES, type CheckName } from '@sanad/protocol/operator-api/checks'
import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import type { GroupView } from '@sanad/protocol/operator-api/groups'
import type {
  DeviceKeyView,
  Forecast,
  RevocationListsView,
  RotationOrderView,
} from '@sanad/protocol/operator-api/keys'
import {
  DEFAULT_POLICY_SETTINGS,
  type PolicyPreview,
  type PolicySettings,
  type PolicyView,
} from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { GROUPS, iso, uuidOf } from './fleet.ts'

/** Policies, forecasts, orders, findings and lists of the mock: plausible figures, computed from its fleet. */

export class MockKeys {
  readonly #fleet: readonly DeviceListItem[]
  readonly #now: number
  policies: PolicyView[]
  groups: GroupView[]
  orders: RotationOrderView[]
  findings: FindingView[]

  constructor(fleet: readonly DeviceListItem[], now: number) {
    this.#fleet = fleet
    this.#now = now
    this.policies = makePolicies(fleet.length, now)
    this.groups = fleet.length === 0 ? [] : makeGroups(fleet.length, now)
    this.orders = fleet.length < 2 ? [] : makeOrders(now)
    this.findings = fleet.length < 2 ? [] : makeFindings(fleet, now)
  }

  forecast(settings: Pick<PolicySettings, 'rotationDays'> = DEFAULT_POLICY_SETTINGS): Forecast {
    const devices = this.#fleet.filter(({ state }) => state === 'registered').length
    const days = Array.from({ length: 60 }, (_, index) => {
      const wave = 1 + 0.6 * Math.sin(index / 3) + (index % 7 === 0 ? 0.5 : 0)
      const due = Math.round((devices / settings.rotationDays) * wave)
      return {
        day: iso(this.#now + index * DAY_MS).slice(0, 10),
        due,
        ending: due,
        atRisk: Math.round(due * (index < 20 ? 0.06 : 0.02)),
      }
    })
    const within = (limit: number): number =>
      days.slice(0, limit).reduce((sum, { atRisk }) => sum + atRisk, 0)
    const willFail = { in7Days: within(7), in14Days: within(14), in30Days: within(30) }
    return {
      at: iso(this.#now - 120_000),
      devices,
      failedAlready: Math.floor(devices / 200),
      willFail,
      days,
      groups: [...new Set(this.#fleet.map(({ make, model }) => `${make} ${model}`))].map((name) => {
        const own = this.#fleet.filter(
          (device) => `${device.make} ${device.model}` === name && device.state === 'registered',
        ).length
        const share = devices === 0 ? 0 : own / devices
        return {
          id: uuidOf(name),
          name,
          devices: own,
          failedAlready: Math.floor(own / 200),
          in7Days: Math.round(willFail.in7Days * share),
          in14Days: Math.round(willFail.in14Days * share),
          in30Days: Math.round(willFail.in30Days * share),
        }
      }),
    }
  }

  preview(settings: PolicySettings): PolicyPreview {
    const now = this.forecast()
    const then = this.forecast(settings)
    return {
      devices: now.devices,
      dueAtOnce: settings.rotationDays < 30 ? Math.round(now.devices / 4) : 0,
      pacedHours: 0.2,
      offlineTooLong: Math.round(now.devices / (settings.longestOfflineDays * 10)),
      couldRecover: now.failedAlready,
      couldNotRecover: settings.recovery === 'refused' ? now.failedAlready : 0,
      days: now.days.slice(0, 30).map(({ day, due }, index) => ({
        day,
        asItIs: due,
        asProposed: then.days[index]?.due ?? 0,
      })),
      models: now.groups.map(({ name, devices }) => ({ name, devices })),
      groups: [],
    }
  }

  keyOf(device: DeviceListItem): DeviceKeyView {
    const [policy] = this.policies
    const end =
      device.certificateNotAfter === null ? undefined : Date.parse(device.certificateNotAfter)
    const due = end === undefined ? undefined : end - 10 * DAY_MS
    const isRegistered = device.state === 'registered'
    return {
      deviceId: device.deviceId,
      active:
        end === undefined
          ? null
          : { serialNumber: 'a1b2c3d4e5f60718', notAfter: iso(end), state: 'active' },
      pending: null,
      rotation:
        due === undefined || !isRegistered
          ? null
          : { start: iso(due - 48 * HOUR_MS), end: iso(due), reason: 'scheduled' },
      policy: {
        policyId: policy?.policyId ?? null,
        name: policy?.name ?? 'Standard',
        version: policy?.version ?? 1,
        settings: policy?.settings ?? DEFAULT_POLICY_SETTINGS,
      },
      group: null,
      certificateInUse: isRegistered ? 'yes' : null,
      recoverableUntil: null,
      purge:
        device.state === 'deregistered'
          ? {
              state: 'awaited',
              orderedAt: iso(this.#now - 2 * DAY_MS),
              dueAt: iso(this.#now + 5 * DAY_MS),
              confirmedAt: null,
              keys: 0,
            }
          : null,
    }
  }

  lists(): RevocationListsView {
    return {
      issuers: [
        {
          crlName: '0f1e2d3c4b5a6978',
          subject: 'CN=Device Provider CA, O=Example Devices',
          urlPattern: 'https://devices.example/crl/0f1e2d3c4b5a6978/{shard}.crl',
          lists: 128,
          entries: this.#fleet.filter(({ state }) => state === 'deregistered').length,
          oldestThisUpdate: iso(this.#now - 40 * 60_000),
          earliestNextUpdate: iso(this.#now + 47 * HOUR_MS),
          waiting: 0,
        },
      ],
      problem: null,
    }
  }

  counts(): FindingCounts {
    const count = (check: CheckName, isSuppressed: boolean): number =>
      this.findings.filter(
        (finding) => finding.check === check && (finding.suppressedUntil !== null) === isSuppressed,
      ).length
    return {
      auditedAt: this.#fleet.length === 0 ? null : iso(this.#now - 3 * HOUR_MS),
      checks: CHECK_NAMES.map((check) => ({
        check,
        severity: CHECKS[check].severity,
        open: count(check, false),
        suppressed: count(check, true),
      })),
    }
  }

  suppress(findingId: string, days: number): FindingView | undefined {
    const suppressedUntil = iso(this.#now + days * DAY_MS)
    this.findings = this.findings.map((finding) =>
      finding.findingId === findingId ? { ...finding, suppressedUntil } : finding,
    )
    return this.findings.find((finding) => finding.findingId === findingId)
  }

  change(policyId: string, settings: PolicySettings): PolicyView | undefined {
    this.policies = this.policies.map((policy) => {
      if (policy.policyId !== policyId) return policy
      const version = policy.version + 1
      const changedAt = iso(this.#now)
      const made = { version, settings, createdAt: changedAt, createdBy: 'admin' }
      return { ...policy, version, settings, changedAt, versions: [made, ...policy.versions] }
    })
    return this.policies.find((policy) => policy.policyId === policyId)
  }
}

function makePolicies(devices: number, now: number): PolicyView[] {
  const make = (
    name: string,
    change: Partial<PolicySettings>,
    given: PolicyView['assignments'],
  ): PolicyView => {
    const settings = { ...DEFAULT_POLICY_SETTINGS, ...change }
    const first = {
      version: 1,
      settings: DEFAULT_POLICY_SETTINGS,
      createdAt: iso(now - 80 * DAY_MS),
      createdBy: null,
    }
    const second = { version: 2, settings, createdAt: iso(now - 9 * DAY_MS), createdBy: 'admin' }
    return {
      policyId: uuidOf(`policy ${name}`),
      name,
      version: 2,
      settings,
      changedAt: second.createdAt,
      assignments: given,
      devices: given.some(({ scope }) => scope === 'fleet') ? devices : Math.round(devices / 6),
      versions: [second, first],
    }
  }
  return [
    make('Standard', { longestOfflineDays: 10 }, [{ scope: 'fleet', targetId: null, name: null }]),
    make('Remote centres', { longestOfflineDays: 30, graceDays: 90 }, [
      { scope: 'group', targetId: GROUPS[0]?.groupId ?? null, name: 'Northern region' },
    ]),
  ]
}

function makeGroups(devices: number, now: number): GroupView[] {
  return GROUPS.map(({ groupId, name }, index) => ({
    groupId,
    name,
    country: index === 1 ? null : 'ET',
    environment: index === 1 ? null : 'production',
    devices: Math.round(devices / (index + 3)),
    createdAt: iso(now - (70 - index) * DAY_MS),
  }))
}

function makeOrders(now: number): RotationOrderView[] {
  const order = (name: string, change: Partial<RotationOrderView>): RotationOrderView => ({
    orderId: uuidOf(`order ${name}`),
    reason: 'policy',
    orderedAt: iso(now - 5 * HOUR_MS),
    orderedBy: 'admin',
    windowStart: iso(now - 5 * HOUR_MS),
    windowEnd: iso(now + 19 * HOUR_MS),
    state: 'running',
    devices: 420,
    rotated: 131,
    filling: null,
    cancelling: null,
    ...change,
  })
  return [
    order('now', {}),
    order('large', {
      orderedAt: iso(now - 6 * HOUR_MS),
      devices: 240_000,
      rotated: 0,
      filling: { done: 61_000, devices: 240_000 },
    }),
    order('before', {
      reason: 'key-compromised',
      orderedAt: iso(now - 12 * DAY_MS),
      windowEnd: iso(now - 12 * DAY_MS + HOUR_MS),
      state: 'done',
      devices: 1,
      rotated: 1,
    }),
  ]
}

function makeFindings(fleet: readonly DeviceListItem[], now: number): FindingView[] {
  const about = (
    check: CheckName,
    index: number,
    change: Partial<FindingView> = {},
  ): FindingView => {
    const device = fleet[index % fleet.length]
    return {
      findingId: uuidOf(`finding ${check} ${index}`),
      check,
      severity: CHECKS[check].severity,
      action: CHECKS[check].action,
      device:
        device === undefined
          ? null
          : {
              deviceId: device.deviceId,
              serialNo: device.serialNo,
              model: `${device.make} ${device.model}`,
            },
      subject: null,
      at: iso(now + (index - 3) * DAY_MS),
      firstSeenAt: iso(now - (index + 1) * DAY_MS),
      lastSeenAt: iso(now - 3 * HOUR_MS),
      suppressedUntil: null,
      ...change,
    }
  }
  return [
    about('certificate-ended', 1),
    about('clone-suspected', 2),
    about('rotation-overdue', 3),
    about('rotation-overdue', 4),
    about('check-in-late', 5),
    about('check-in-late', 6),
    about('check-in-late', 7),
    about('certificate-not-in-use', 8),
    about('host-changed', 9, { suppressedUntil: iso(now + 6 * DAY_MS) }),
    about('provider-certificate-ending', 0, {
      device: null,
      subject: 'CN=Device Provider CA, O=Example Devices',
      at: iso(now + 58 * DAY_MS),
    }),
  ]
}
