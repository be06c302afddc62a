import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { db, folder, type Outcome, readJson, sanad, signIn } from './command-line-under-test.ts'

/** The command line as its users run it: a process, over TLS, against real routes on a real database. */

describe('an operator at the command line', () => {
  const HEAD = 'make,model,deviceType,deviceSubType,serialNo\n'
  const rows = (from: number, count: number): string =>
    Array.from(
      { length: count },
      (_, index) => `Example,Face 7,Face,Full face,CLI-${String(from + index).padStart(8, '0')}\n`,
    ).join('')

  async function importFile(name: string, text: string, ...more: string[]): Promise<Outcome> {
    await writeFile(join(folder, name), text)
    return sanad('devices', 'import', join(folder, name), ...more)
  }

  it('imports a file and sees its devices, one line of JSON for each', async () => {
    await signIn()
    const imported = await importFile('good.csv', HEAD + rows(0, 230))
    expect(imported).toMatchObject({ code: 0, out: '230 devices approved.\n' })
    const { out } = await sanad('devices', 'list', '--search', 'CLI-', '--all', '--json')
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { serialNo: string })
    expect(new Set(lines.map(({ serialNo }) => serialNo)).size).toBe(230)
  })

  it('imports nothing from a file with a wrong row, and says how to continue', async () => {
    await signIn()
    const text = `${HEAD}${rows(500, 2)}Example,Face 7,Face,Full face,\n`
    const refused = await importFile('bad.csv', text)
    expect(refused).toMatchObject({
      code: 1,
      out: expect.stringContaining('nothing was imported') as string,
    })
    expect((await sanad('devices', 'list', '--search', 'CLI-00000500', '--json')).out).toBe('')
    expect(await importFile('bad.csv', text, '--valid-only')).toMatchObject({
      out: '2 devices approved.\n',
    })
  })

  it('shows in a dry run what each column is taken for, and approves nothing', async () => {
    await signIn()
    const text = `Delivery 7\nS/N,Manufacturer,Model,Remarks\nCLI-00000700,Example,Face 7,new\n`
    const unknown = await importFile('dry.csv', text, '--dry-run')
    expect(unknown.code).not.toBe(0)
    expect(unknown.out).toContain('passed over, above the header: Delivery 7')
    expect(unknown.out).toMatch(/S\/N +serialNo/)
    expect(unknown.out).toMatch(/Remarks +\? not known/)
    const columns = ['--columns', 'serialNo,make,model,-']
    const dry = await importFile('dry.csv', text, '--dry-run', ...columns)
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('1 are valid') as string })
    const list = () => sanad('devices', 'list', '--search', 'CLI-00000700', '--json')
    expect((await list()).out).toBe('')
    expect(await importFile('dry.csv', text, ...columns)).toMatchObject({
      out: '1 device approved.\n',
    })
    expect((await list()).out).toContain('CLI-00000700')
  })

  it('approves doubtful numbers only when told to, or leaves them out', async () => {
    await signIn()
    const text = `serialNo,make,model\nCLI-00000710,Example,Face 7\ncli-00000710,Example,Face 7\n`
    const doubtful = await importFile('doubt.csv', text)
    expect(doubtful.code).toBe(1)
    expect(doubtful.out).toContain('in capital and small letters only')
    expect(await importFile('doubt.csv', text, '--leave-out-warnings')).toMatchObject({
      code: 0,
      out: '1 device approved.\n',
    })
    const again = `serialNo,make,model\ncli-00000710,Example,Face 7\n`
    expect(await importFile('doubt.csv', again, '--confirm-warnings')).toMatchObject({
      code: 0,
      out: '1 device approved.\n',
    })
  })

  it('acts on a device by its serial number, with a reason that goes on record', async () => {
    await signIn()
    await importFile('one.csv', HEAD + rows(900, 1))
    const acted = await sanad('devices', 'block', 'CLI-00000900', '--reason', 'stolen', '--json')
    expect(readJson<{ state: string }[]>(acted)).toMatchObject([{ state: 'blocked' }])
    const { out } = await sanad('record', 'list', '--limit', '1', '--json')
    expect(JSON.parse(out)).toMatchObject({ type: 'device.blocked', data: { reason: 'stolen' } })
  })

  it('lets a device set its clock back, by a signed order that goes on record', async () => {
    await signIn()
    await importFile('clock.csv', HEAD + rows(910, 1))
    const words = ['devices', 'reset-clock', 'CLI-00000910'] as const
    expect(await sanad(...words)).toMatchObject({ code: 2, err: '--reason is missing\n' })
    const ordered = await sanad(...words, '--reason', 'repaired', '--json')
    expect(readJson<object[]>(ordered)).toMatchObject([{ device: 'CLI-00000910', number: 1 }])
    const { out } = await sanad('record', 'list', '--limit', '1', '--json')
    expect(JSON.parse(out)).toMatchObject({
      type: 'device.clock-reset-ordered',
      data: { reason: 'repaired', number: 1 },
    })
    await signIn('otto')
    expect(await sanad(...words, '--reason', 'repaired')).toMatchObject({
      code: 1,
      err: expect.stringContaining('operator.permission-missing') as string,
    })
    // The first order stands as it was, and there is no other.
    const [device] = await db.database.selectFrom('clock_reset').select('number').execute()
    expect(Number(device?.number)).toBe(1)
  })

  it('explains a wrong command, and does nothing', async () => {
    await signIn()
    await importFile('two.csv', HEAD + rows(901, 1))
    expect(await sanad('devices', 'block', 'CLI-00000901')).toMatchObject({
      code: 2,
      err: '--reason is missing\n',
    })
    expect(await sanad('devices', 'block', 'NOBODY', '--reason', 'lost')).toMatchObject({
      code: 1,
      err: expect.stringContaining('device.not-found') as string,
    })
    const [device] = (
      await sanad('devices', 'list', '--search', 'CLI-00000901', '--json')
    ).out.split('\n')
    expect(JSON.parse(device ?? '')).toMatchObject({ state: 'approved' })
  })

  it('allows an operator what the role allows, and no more', async () => {
    await signIn()
    await importFile('three.csv', HEAD + rows(902, 1))
    await signIn('otto')
    expect(await sanad('devices', 'block', 'CLI-00000902', '--reason', 'stolen')).toMatchObject({
      code: 1,
      err: expect.stringContaining('operator.permission-missing') as string,
    })
    const [device] = (
      await sanad('devices', 'list', '--search', 'CLI-00000902', '--json')
    ).out.split('\n')
    expect(JSON.parse(device ?? '')).toMatchObject({ state: 'approved' })
  })

  it('reaches any operation by its name', async () => {
    await signIn()
    const { out } = await sanad('api', 'countDevices')
    expect(JSON.parse(out)).toHaveProperty('states')
    expect(await sanad('api', 'readDevice')).toMatchObject({
      code: 2,
      err: 'deviceId=… is missing\n',
    })
  })
})
