import { printable } from '../discovery/findings.ts'
import { printConnection } from './connection-report.ts'
import type { Light } from './advice.ts'
import type { SbiRemark, SbiReport } from './sbi-report.ts'
import type { DeviceReport, StatusReport } from './status-report.ts'

/** The status for people, in a terminal or piped into a file. */

const LIGHTS = {
  green: '\u001B[32m●\u001B[0m',
  amber: '\u001B[33m●\u001B[0m',
  red: '\u001B[31m●\u001B[0m',
}

export function printStatus(report: StatusReport, hasColours: boolean, now = Date.now()): string {
  const first = report.isRunning
    ? `The client is running; its server is ${report.serverId}.`
    : `The client is not running; this is its last state. Its server is ${report.serverId}.`
  const { connection } = report
  const headline = connection === undefined ? first : `${first}\n${printConnection(connection)}`
  const sbis = (report.sbis ?? []).map((sbi) => printSbi(sbi, hasColours))
  const none = report.devices.length === 0 ? ['No device has been seen yet.\n'] : []
  const devices = report.devices.map((device) => printDevice(device, hasColours, now))
  const rows = [...devices, ...sbis]
  return [`${headline}\n`, ...none, ...(rows.length > 0 ? ['\n', rows.join('\n')] : [])].join('')
}

/** An SBI that cannot be read, or a device in one. */
function printSbi(sbi: SbiReport, hasColours: boolean): string {
  const { indent, light } = begin(sbi.light, hasColours)
  const name = joinNames([sbi.make, sbi.model, sbi.serialNo])
  const more = sbi.faults.slice(1).map((fault) => `${indent}also ${printRemark(fault)}`)
  const lines = [
    `${light}${name === '' ? `SBI on port ${sbi.port}` : name}`,
    `${indent}${sbi.sentence}`,
  ]
  return `${[...lines, ...more].join('\n')}\n`
}

const printRemark = ({ answer, field, found, words, registrationClient }: SbiRemark): string =>
  [
    `${answer}${field === '' ? '' : `, ${field}`}`,
    found === undefined ? '' : ` (${found})`,
    `: ${words}`,
    registrationClient === 'refuses' ? ' MOSIP’s registration client does not read it.' : '',
  ].join('')

/** An SBI wrote them, and they must not disturb the terminal. */
const joinNames = (names: readonly (string | undefined)[]): string =>
  printable(names.filter(Boolean).join('  '))

function begin(light: Light, hasColours: boolean) {
  return {
    light: hasColours ? `${LIGHTS[light]} ` : `${light.padEnd(6)} `,
    indent: ' '.repeat(hasColours ? 2 : 7),
  }
}

function printDevice(device: DeviceReport, hasColours: boolean, now: number): string {
  const { light, indent } = begin(device.light, hasColours)
  const name = joinNames([device.make, device.model, device.serialNo, device.level])
  const lines = [`${light}${name}`, `${indent}${device.sentence}`]
  if (device.supportCode !== undefined) lines.push(`${indent}Support code: ${device.supportCode}`)
  if (device.lastSeenAt !== undefined)
    lines.push(
      `${indent}last seen ${toMinutes(device.lastSeenAt)}, ${ageOf(device.lastSeenAt, now)}`,
    )
  const times = [
    device.lastCheckInAt && `last check-in ${toMinutes(device.lastCheckInAt)}`,
    device.nextCheckInAt && `next ${toMinutes(device.nextCheckInAt)}`,
  ].filter(Boolean)
  if (times.length > 0) lines.push(`${indent}${times.join(', ')}`)
  const key = [
    device.keyState && `key ${device.keyState}`,
    device.nextRotationAt && `next rotation ${toMinutes(device.nextRotationAt)}`,
  ].filter(Boolean)
  if (key.length > 0) lines.push(`${indent}${key.join(', ')}`)
  for (const remark of device.sbiRemarks ?? [])
    lines.push(`${indent}its SBI: ${printRemark(remark)}`)
  return `${lines.join('\n')}\n`
}

const toMinutes = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`

/** @returns such as `3 hours ago`: whole units, rounded down */
function ageOf(iso: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(iso)) / 60_000)
  const [count, unit] =
    minutes < 120
      ? [minutes, 'minute']
      : minutes < 2 * 24 * 60
        ? [Math.floor(minutes / 60), 'hour']
        : [Math.floor(minutes / (24 * 60)), 'day']
  if (count < 1) return 'just now'
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`
}
