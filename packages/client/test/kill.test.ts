import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import type { SimulatedDevice } from '@sanad/simulator/simulated-device'
import type { StatusReport } from '../src/agent/status-report.ts'
import { AgentProcess, runClient } from './agent-process.ts'
import { Desk, aDevice, until } from './desk.ts'
import type { SeenMessage } from './test-server.ts'

/** The process dies at any moment, again and again, while it registers a device. */

/** Of each level; those that came too late do not count. */
const KILLS = 20
const MOST_ROUNDS = 30
/** About as long as a registration takes from the first line of the log on. */
const WINDOW_MS = 450

/** Kills the client until the device is registered all the same; @returns how often it was not yet. */
async function killUntilRegistered(desk: Desk, profile: DeviceProfile, config: string) {
  for (let kills = 0; ; kills++) {
    const agent = new AgentProcess(['run', '--config', config])
    await until(() => agent.stdout.includes('client started') || agent.child.exitCode !== null)
    await wait(Math.random() * WINDOW_MS)
    const { code } = await agent.kill('SIGKILL')
    // It did not end by itself: what a kill leaves behind never stops the next start.
    expect(code, agent.stderr).toBeNull()
    if (desk.readProgress(profile) === 'registered' || kills === KILLS) return kills
  }
}

async function finish(config: string, serialNo: string): Promise<void> {
  const { stdout, stderr } = await runClient('once', '--json', '--config', config)
  const report = JSON.parse(stdout === '' ? '{"devices":[]}' : stdout) as StatusReport
  const device = report.devices.find((candidate) => candidate.serialNo === serialNo)
  expect(device, stderr).toMatchObject({ light: 'green', progress: 'registered' })
}

function expectEachNumberOnce(messages: readonly SeenMessage[]): void {
  const byNumber = new Map<number, Set<string>>()
  for (const { seq, mid } of messages) byNumber.set(seq, (byNumber.get(seq) ?? new Set()).add(mid))
  for (const mids of byNumber.values()) expect(mids.size).toBe(1)
}

describe('A client that is killed at any moment', () => {
  it.each([
    ['L0', 'face', expectOneHostKey],
    ['L1', 'slap', expectOneChipKey],
  ] as const)(
    `ends registered with one key and one certificate (%s, ${KILLS} kills on the way)`,
    { timeout: 300_000 },
    async (_, kind, expectOneKey) => {
      await using desk = await Desk.open()
      desk.server.mischief.delayMs = 60
      let kills = 0
      let rounds = 0
      for (; kills < KILLS && rounds < MOST_ROUNDS; rounds++) {
        const profile = aDevice(kind)
        const device = await desk.plug(profile)
        const port = device.port ?? 0
        const config = desk.writeConfig({ logLevel: 'info', portRange: { from: port, to: port } })
        kills += await killUntilRegistered(desk, profile, config)
        await finish(config, profile.serialNo)

        expectEachNumberOnce(desk.server.messages.splice(0))
        await expectOneKey(device, desk, profile)
        await device.stop()
      }
      expect(kills).toBeGreaterThanOrEqual(KILLS)
      const certificates = [...desk.server.issued.values()].map((set) => set.size)
      expect(certificates).toEqual(Array.from({ length: rounds }, () => 1))
    },
  )
})

async function expectOneChipKey(device: SimulatedDevice): Promise<void> {
  expect(device.chip?.listKeys()).toMatchObject([{ state: 'active' }])
}

async function expectOneHostKey(_: SimulatedDevice, desk: Desk, profile: DeviceProfile) {
  expect(desk.readKeys(profile)).toMatchObject([{ state: 'active' }])
  expect(desk.handOverEntries(profile)).toHaveLength(2)
}
