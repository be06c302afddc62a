import type { DeviceReport, StatusReport } from './status-report.ts'

/** The status for people, in a terminal or piped into a file. */

const LIGHTS = {
  green: '\u001B[32m●\u001B[0m',
  amber: '\u001B[33m●\u001B[0m',
  red: '\u001B[31m●\u001B[0m',
}

export function printStatus(report: StatusReport, hasColours: boolean): string {
  const headline = report.isRunning
    ? `The client is running; its server is ${report.serverId}.`
    : `The client is not running; this is its last state. Its server is ${report.serverId}.`
  if (report.devices.length === 0) return `${headline}\nNo device has been seen yet.\n`
  const devices = report.devices.map((device) => printDevice(device, hasColours))
  return `${headline}\n\n${devices.join('\n')}`
}

function printDevice(device: DeviceReport, hasColours: boolean): string {
  const light = hasColours ? `${LIGHTS[device.light]} ` : `${device.light.padEnd(6)} `
  const indent = ' '.repeat(hasColours ? 2 : 7)
  const name = [device.make, device.model, device.serialNo, device.level].filter(Boolean).join('  ')
  const lines = [`${light}${name}`, `${indent}${device.sentence}`]
  if (device.supportCode !== undefined) lines.push(`${indent}Support code: ${device.supportCode}`)
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
  return `${lines.join('\n')}\n`
}

const toMinutes = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`
