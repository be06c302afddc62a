import type { FactName } from '@sanad/protocol/domain/device-facts'
import type { TFunction } from 'i18next'

const MEGABYTES: ReadonlySet<FactName> = new Set([
  'memoryMb',
  'storageTotalMb',
  'storageFreeMb',
  'clientMemoryMb',
])
const MILLISECONDS: ReadonlySet<FactName> = new Set([
  'clockUncertaintyMs',
  'roundTripMs',
  'sbiAnswerMs',
])
const HOURS: ReadonlySet<FactName> = new Set(['hostUptimeHours', 'clientUptimeHours'])

/** With its unit, in the viewer’s grouping. */
export function factText(
  t: TFunction,
  name: FactName,
  value: string | number | null | undefined,
): string {
  if (value === null || value === undefined) return t('facts.unknown')
  // A port is a name, and has no groups of digits.
  if (typeof value === 'string' || name === 'sbiPort') return String(value)
  if (MEGABYTES.has(name)) return t('facts.mb', { count: value })
  if (MILLISECONDS.has(name)) return t('facts.ms', { count: value })
  if (HOURS.has(name)) return t('facts.hours', { count: value })
  return t('keys.number', { count: value })
}
