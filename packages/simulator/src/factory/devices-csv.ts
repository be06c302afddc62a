import { IMPORT_COLUMNS } from '@sanad/protocol/domain/import-columns'
import type { FactoryRecord } from './factory-record.ts'

/** The factory's list as a table, for those who import by spreadsheet (RFC 4180). */
export function writeDevicesCsv(devices: Iterable<FactoryRecord>): string {
  const lines = [IMPORT_COLUMNS.join(',')]
  for (const device of devices) {
    // Whose programme a device will be in, a factory does not know.
    const values = { ...device, deviceType: device.type, group: undefined }
    lines.push(IMPORT_COLUMNS.map((column) => quote(values[column] ?? '')).join(','))
  }
  return `${lines.join('\r\n')}\r\n`
}

const quote = (value: string): string =>
  /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
