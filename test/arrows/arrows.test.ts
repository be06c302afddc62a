import { describe, expect, it } from 'vitest'
import { findUnranked, findUpwardImports } from './imports.ts'
import type { Source } from './sources.ts'
import { findForeignTables, findWriters, tablesNamed, tablesWritten } from './tables.ts'

/** That what finds the wrong arrows would find one. */

const RANKS = [['platform'], ['devices', 'groups'], ['fleet']]

const inSlice = (slice: string, text: string): Source => ({
  path: `packages/server/src/${slice}/planted.ts`,
  text,
})

describe('a planted import', () => {
  const findIn = (...sources: Source[]): readonly string[] =>
    findUpwardImports(sources, 'server', RANKS).map(({ arrow }) => arrow)

  it('finds an import that goes up, sideways, to types only or by an export', () => {
    const up = inSlice('platform', `import { a } from '../devices/a.ts'`)
    const sideways = inSlice('devices', `import type {\n  A,\n} from '../groups/a.ts'`)
    const exported = inSlice('groups', `export { list } from '../fleet/list.ts'`)
    expect(findIn(up, sideways, exported)).toEqual([
      'platform → devices',
      'devices → groups',
      'groups → fleet',
    ])
  })

  it('finds an import at run time, or by the name of the package', () => {
    const dynamic = inSlice('devices', `  const list = await import('../fleet/list.ts')`)
    const named = inSlice('devices', `import { list } from '@sanad/server/fleet/list'`)
    expect(findIn(dynamic, named)).toEqual(['devices → fleet', 'devices → fleet'])
  })

  it('passes an import that goes down, stays in its slice or leaves the package', () => {
    const text = [
      `import { a } from '../devices/a.ts'`,
      `import { b } from './b.ts'`,
      `import { Uuid } from '@sanad/protocol/text/fields'`,
      `import pg from 'pg'`,
    ].join('\n')
    expect(findIn(inSlice('fleet', text))).toEqual([])
  })

  it('finds a slice without a rank', () => {
    expect(findUnranked([inSlice('drawer', '')], 'server', RANKS)).toEqual(['drawer'])
  })
})

describe('a planted table', () => {
  const OWNERS = new Map([
    ['device', 'devices'],
    ['device_group', 'groups'],
    ['channel_device', 'fleet'],
  ])
  const findIn = (text: string): readonly string[] =>
    findForeignTables([inSlice('devices', text)], OWNERS, RANKS).map(({ arrow }) => arrow)

  it.each([
    'sql`select from device d left join device_group g using (group_id)`',
    'sql`select from device d, device_group g`',
    'sql`select from device as d, device_group`',
    'sql`select from device\n  join device_group using (group_id)`',
    'sql`lock table device_group in exclusive mode`',
    'sql`delete from device using device_group`',
    `database.selectFrom('device_group')`,
    `database.selectFrom(['device_group', 'device'])`,
    `database.selectFrom('device as d').leftJoin('device_group as g', 'g.group_id', 'd.group_id')`,
    `sql.table('device_group')`,
  ])('finds a foreign table in %s', (text) => {
    expect(findIn(text)).toEqual(['devices → device_group'])
  })

  it('finds a table of a slice above', () => {
    expect(findIn('sql`select from channel_device`')).toEqual(['devices → channel_device'])
  })

  it('passes a table in its own slice, and in a comment', () => {
    expect(findIn('sql`select from device` // not from device_group')).toEqual([])
    expect(findIn('/** Joined to rows from device_group. */')).toEqual([])
  })

  it('knows every form of a statement that writes a table', () => {
    const tables = new Set(['device', 'device_group'])
    const written = (text: string) => [...tablesWritten(text, tables)]
    expect(written('sql`\n    update device d\n    set state = 1`')).toEqual(['device'])
    expect(written('sql`update device set state = 1`')).toEqual(['device'])
    expect(written('sql`insert into device (a) select`')).toEqual(['device'])
    expect(written('sql`delete from device_group`')).toEqual(['device_group'])
    expect(written(`tx.updateTable('device').set({})`)).toEqual(['device'])
    expect(written(`tx.deleteFrom('device')`)).toEqual(['device'])
    expect(written('sql`select from device for update of device`')).toEqual([])
  })

  it('finds both writers of a table', () => {
    const text = `tx.insertInto('device')`
    const writers = findWriters(
      [inSlice('devices', text), inSlice('groups', text)],
      new Set(['device']),
      { event: 'record' },
    )
    expect(writers.get('device')).toEqual(new Set(['devices', 'groups']))
    expect(writers.get('event')).toEqual(new Set(['record']))
  })

  it('takes no other word for a table', () => {
    expect(tablesNamed('read the answer from device of the list', new Set(['command']))).toEqual(
      new Set(),
    )
  })
})
