import { describe, expect, it } from 'vitest'
import { DiskModel, type Promises, type Tree } from './disk-model.ts'

const random = (): number => 0.5

/** Of each state: which files there are, and what is in them. */
function showStates(model: DiskModel): string[] {
  return model.listStates(1000, random).map(show).toSorted()
}

const show = (tree: Tree): string =>
  [...tree]
    .map(([path, entry]) => {
      if (entry.kind === 'file') return `${path}=${entry.bytes.toString()}`
      return entry.kind === 'link' ? `${path}→${entry.target}` : `${path}/`
    })
    .toSorted()
    .join(' ')

const withFile = (name: string, text: string, promises: Promises = 'posix'): DiskModel =>
  DiskModel.of(new Map([[name, { kind: 'file', bytes: Buffer.from(text) }]]), promises)

describe('A disk after a power cut', () => {
  it('keeps flushed files and folders in one state only after a power cut', () => {
    const model = withFile('old', '1')
    model.create('new')
    model.write('new', Buffer.from('2'))
    model.flush('new')
    model.flush('')
    expect(showStates(model)).toEqual(['new=2 old=1'])
  })

  it('leaves an unflushed new file absent, or with none, half, zeros or all of its bytes', () => {
    const model = DiskModel.of(new Map())
    model.create('new')
    model.write('new', Buffer.from('ab'))
    expect(showStates(model)).toEqual(['', 'new=', 'new=\0\0', 'new=a', 'new=ab'])
  })

  it('may lose the name of a file whose bytes alone were flushed', () => {
    const model = DiskModel.of(new Map())
    model.create('new')
    model.write('new', Buffer.from('ab'))
    model.flush('new')
    expect(showStates(model)).toEqual(['', 'new=ab'])
  })

  it('has the old file or the new one after an unflushed rename', () => {
    const model = withFile('state', 'old')
    model.create('draft')
    model.write('draft', Buffer.from('new'))
    model.flush('draft')
    model.rename('draft', 'state')
    expect(showStates(model)).toEqual(['draft=new state=old', 'state=new', 'state=old'])
    model.flush('')
    expect(showStates(model)).toEqual(['state=new'])
  })

  it('may bring a removed file back until its folder is flushed', () => {
    const model = withFile('key', 'secret')
    model.remove('key')
    expect(showStates(model)).toEqual(['', 'key=secret'])
    model.flush('')
    expect(showStates(model)).toEqual([''])
  })

  it('loses an unflushed folder with everything that was flushed in it', () => {
    const model = DiskModel.of(new Map())
    model.makeFolder('devices')
    model.create('devices/state')
    model.write('devices/state', Buffer.from('1'))
    model.flush('devices/state')
    model.flush('devices')
    expect(showStates(model)).toEqual(['', 'devices/ devices/state=1'])
  })

  it('keeps the flushed beginning of an appended file', () => {
    const model = withFile('log', 'a\n')
    model.write('log', Buffer.from('b\n'))
    expect(showStates(model)).toEqual(['log=a\n', 'log=a\n\0\0', 'log=a\nb', 'log=a\nb\n'])
  })

  it('replaces a link in one step', () => {
    const model = DiskModel.of(new Map([['pair', { kind: 'link', target: 'one' }]]))
    model.link('draft', 'two')
    model.rename('draft', 'pair')
    expect(showStates(model)).toEqual(['draft→two pair→one', 'pair→one', 'pair→two'])
  })
})

describe('A disk of Windows after a power cut', () => {
  const emptyOfWindows = (): DiskModel => DiskModel.of(new Map(), 'windows')

  it('holds a flushed file under the name that it had then, and the folders above it', () => {
    const model = emptyOfWindows()
    model.makeFolder('devices')
    model.create('devices/state')
    model.write('devices/state', Buffer.from('1'))
    model.flush('devices/state')
    expect(showStates(model)).toEqual(['devices/ devices/state=1'])
  })

  it('has the old file or the new one while a rename is not flushed, and the new one when the file is', () => {
    const model = withFile('state', 'old', 'windows')
    model.create('draft')
    model.write('draft', Buffer.from('new'))
    model.flush('draft')
    model.rename('draft', 'state')
    expect(showStates(model)).toEqual(['draft=new state=old', 'state=new'])
    model.flush('state')
    expect(showStates(model)).toEqual(['state=new'])
  })

  it('may turn the order of two changes round that were not flushed', () => {
    const model = emptyOfWindows()
    model.create('one')
    model.create('two')
    expect(showStates(model)).toEqual(['', 'one=', 'one= two=', 'two='])
  })

  it('may have back what was removed, for ever', () => {
    const model = withFile('key', 'secret', 'windows')
    model.remove('key')
    model.create('other')
    model.flush('other')
    expect(showStates(model)).toEqual(['key=secret other=', 'other='])
  })

  it('has back nothing of what was cut to nothing and flushed before it was removed', () => {
    const model = withFile('key', 'secret', 'windows')
    model.truncate('key', 0)
    expect(showStates(model)).toEqual(['key=', 'key=secret'])
    model.flush('key')
    model.remove('key')
    expect(showStates(model)).toEqual(['', 'key='])
  })
})
