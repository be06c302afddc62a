import { chmod, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DIGITAL_ID } from '../../test/raw-sbi.ts'
import type { DeviceState } from './device-state.ts'
import { DeviceStateStore, fileNameOf, isFileSafe } from './device-state-store.ts'
import { TimeFloor } from '../trusted-time/time-floor.ts'

const { dateTime: _, ...identity } = DIGITAL_ID
const STATE: DeviceState = {
  v: 1,
  identity: { ...identity, type: 'Finger' },
  level: 'L0',
  progress: 'identified',
  sequence: 7,
}

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-state-'))
  path = join(folder, fileNameOf(STATE.identity, '.state'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('DeviceStateStore', () => {
  it('reads back the state that was written, also after a restart', async () => {
    await (await DeviceStateStore.open(folder)).write(STATE)
    const store = await DeviceStateStore.open(folder)
    expect(await store.read(STATE.identity)).toEqual(STATE)
    expect(await store.list()).toEqual([
      { file: fileNameOf(STATE.identity, '.state'), state: STATE },
    ])
  })

  it('reads no state for a device that it never saw', async () => {
    const store = await DeviceStateStore.open(folder)
    expect(await store.read({ ...STATE.identity, serialNo: 'EXS000000000009' })).toBeUndefined()
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, -20)],
    ['empty', () => ''],
    ['changed by one letter', (text: string) => text.replace('"sequence":7', '"sequence":6')],
    ['with more after it', (text: string) => `${text}more\n`],
    ['not text', () => Buffer.from([0xff, 0xfe, 0x00])],
  ])('treats a state file that is %s as damaged, never as missing', async (__, damage) => {
    const store = await DeviceStateStore.open(folder)
    await store.write(STATE)
    await writeFile(path, damage(await readFile(path, 'utf8')))
    await expect(store.read(STATE.identity)).rejects.toMatchObject({ code: 'client.state-damaged' })
    expect(await store.list()).toMatchObject([{ state: undefined }])
  })

  it.each([
    ['a key missing', { ...STATE, progress: 'key-made' }],
    ['an unknown field', { ...STATE, more: 1 }],
    ['a level nobody knows', { ...STATE, level: 'L7' }],
  ])('treats a state with %s as damaged', async (__, state) => {
    const store = await DeviceStateStore.open(folder)
    await store.write(state as DeviceState)
    await expect(store.read(STATE.identity)).rejects.toMatchObject({ code: 'client.state-damaged' })
  })

  it('treats the state of another device under this name as damaged', async () => {
    const store = await DeviceStateStore.open(folder)
    const other = { ...STATE.identity, serialNo: 'EXS000000000002' }
    await store.write({ ...STATE, identity: other })
    await writeFile(path, await readFile(join(folder, fileNameOf(other, '.state'))), {
      mode: 0o600,
    })
    await expect(store.read(STATE.identity)).rejects.toMatchObject({ code: 'client.state-damaged' })
  })

  it('removes what a killed run left half written', async () => {
    const store = await DeviceStateStore.open(folder)
    await store.write(STATE)
    await writeFile(`${path}.draft`, 'half', { mode: 0o600 })
    const again = await DeviceStateStore.open(folder)
    expect(await again.read(STATE.identity)).toEqual(STATE)
    expect(await readdir(folder)).toHaveLength(1)
  })

  it('refuses a folder or a file that others can read', async () => {
    const store = await DeviceStateStore.open(folder)
    await store.write(STATE)
    await chmod(path, 0o640)
    await expect(store.read(STATE.identity)).rejects.toMatchObject({
      code: 'client.permissions-too-open',
    })
    await chmod(path, 0o600)
    await chmod(folder, 0o750)
    await expect(DeviceStateStore.open(folder)).rejects.toMatchObject({
      code: 'client.permissions-too-open',
    })
  })

  it('does not follow a link in place of a file', async () => {
    const store = await DeviceStateStore.open(folder)
    await store.write(STATE)
    await writeFile(join(folder, 'elsewhere'), await readFile(path), { mode: 0o600 })
    await rm(path)
    await symlink(join(folder, 'elsewhere'), path)
    await expect(store.read(STATE.identity)).rejects.toMatchObject({
      code: 'client.storage-failed',
    })
  })
})

it.each([
  ['EXS442A2600017', true],
  ['A.b-c_1', true],
  ['../../etc/passwd', false],
  ['a/b', false],
  ['.hidden', false],
  ['', false],
  ['x'.repeat(65), false],
])('%j names a file: %s', (serialNo, safe) => {
  expect(isFileSafe(serialNo)).toBe(safe)
})

describe('TimeFloor', () => {
  it('never lowers the floor, also over a restart', async () => {
    const file = join(folder, 'floor')
    const floor = await TimeFloor.open(file, 1000)
    await floor.raise(5000)
    await floor.raise(3000)
    expect(floor.value).toBe(5000)
    expect((await TimeFloor.open(file, 1000)).value).toBe(5000)
    expect((await TimeFloor.open(file, 9000)).value).toBe(9000)
  })

  it('does not replace a damaged floor by a new one', async () => {
    const file = join(folder, 'floor')
    await (await TimeFloor.open(file, 1000)).raise(5000)
    await writeFile(file, '{"floor":1}')
    await expect(TimeFloor.open(file, 1000)).rejects.toMatchObject({ code: 'client.state-damaged' })
  })
})
