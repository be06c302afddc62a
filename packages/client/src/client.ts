/**
 * The management client as a library, for an SBI that brings it along instead of running the agent beside it.
 *
 * @example
 * const agent = await Agent.start({ config: await loadConfig('client.yaml'), log: openLog('info') })
 * await agent.run()
 */
export { Agent, type AgentOptions } from './agent/agent.ts'
export { type ClientConfig, loadConfig } from './agent/config.ts'
export { type Log, type LogFields, openLog } from './log/log.ts'
export type { DeviceReport, StatusReport } from './agent/status-report.ts'
export { askStatus } from './agent/status-socket.ts'
export { DeviceWatch, type DeviceWatchEvents } from './discovery/device-watch.ts'
export { DISCOVERY_VERBS } from './discovery/sbi-verbs.ts'
export type { Sighting } from './discovery/sighting.ts'
export type { HandOver } from './hand-over/hand-over.ts'
export { CHIP_VERBS } from './key-stores/chip-link.ts'
export type { DeviceKey, DeviceKeyStore, NewDeviceKey } from './key-stores/device-key-store.ts'
export type { DeviceVoucher, SignedDigitalId } from './key-stores/device-voucher.ts'
