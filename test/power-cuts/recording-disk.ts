import fs, { type MakeDirectoryOptions, type RmOptions } from 'node:fs'
import promises, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { PLATFORM } from '../../packages/client/src/platform/platform.ts'
import type { Cut } from './cut.ts'
import { DiskModel } from './disk-model.ts'
import { readTree } from './trees.ts'

/**
 * Between the client and its disk: everything below one folder that changes something passes the cut, is done,
 * and is done to the model too. The code of the client is not changed for it: the functions of
 * `node:fs/promises` are replaced for the whole process, and elsewhere they do what they always did.
 */

interface Recording {
  readonly root: string
  readonly model: DiskModel
  readonly cut: Cut
  readonly isForgetful: boolean
}

let recording: Recording | undefined

/** @param isForgetful a disk that says it flushed and did not: what is promised cannot hold on it */
export function startRecording(root: string, cut: Cut, isForgetful = false): DiskModel {
  // The model of the system whose way to write this client has.
  const promises = PLATFORM.disk.turnsLinks ? 'posix' : 'windows'
  const model = DiskModel.of(readTree(root), promises)
  recording = { root, model, cut, isForgetful }
  return model
}

export function stopRecording(): void {
  recording = undefined
}

const real = { ...promises }

/** The path inside the recorded folder; undefined elsewhere. */
function placeOf(path: unknown): [Recording, string] | undefined {
  if (recording === undefined || typeof path !== 'string') return undefined
  const place = relative(recording.root, path)
  return place.startsWith('..') ? undefined : [recording, place]
}

/** What a device and its random names are called in a step: so that steps of one kind have one name. */
const kindOf = (place: string): string =>
  place
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*')
    .replaceAll(/T[0-9A-F]{12}/g, '#')
    .replaceAll(/-[0-9a-f]{16}\./g, '.')

async function open(path: string, flags?: string | number, mode?: number): Promise<FileHandle> {
  const found = placeOf(path)
  if (found === undefined) return real.open(path, flags, mode)
  const [{ model, cut }, place] = found
  if (typeof flags === 'string' && flags !== 'r' && flags !== 'r+') {
    if (flags !== 'w' && flags !== 'a') throw new Error(`not modelled: open ${flags}`)
    if (flags === 'w' || !model.has(place)) {
      cut.pass(`create ${kindOf(place)}`)
      model.create(place)
    }
  }
  return recordHandle(await real.open(path, flags, mode), found)
}

function recordHandle(handle: FileHandle, [disk, place]: [Recording, string]): FileHandle {
  const { model, cut, isForgetful } = disk
  const writeFile = handle.writeFile.bind(handle)
  const write = async (data: string | Uint8Array): Promise<void> => {
    cut.pass(`write ${kindOf(place)}`)
    model.write(place, Buffer.from(data as Uint8Array))
    await writeFile(data)
  }
  const flush = async (): Promise<void> => {
    cut.pass(`flush ${kindOf(place)}`)
    if (!isForgetful) model.flush(place)
    // The real disk need not: what it holds after the cut is made from the model.
  }
  const cutOff = handle.truncate.bind(handle)
  const truncated = async (length = 0): Promise<void> => {
    cut.pass(`cut off ${kindOf(place)}`)
    model.truncate(place, length)
    await cutOff(length)
  }
  for (const name of NOT_MODELLED_OF_HANDLE) Object.assign(handle, { [name]: notModelled(name) })
  return Object.assign(handle, {
    write,
    writeFile: write,
    truncate: truncated,
    sync: flush,
    datasync: flush,
  })
}

const NOT_MODELLED_OF_HANDLE = ['writev', 'appendFile', 'createWriteStream']

async function rename(from: string, to: string): Promise<void> {
  const [source, target] = [placeOf(from), placeOf(to)]
  if (source === undefined || target === undefined) return real.rename(from, to)
  const [{ model, cut }, place] = source
  cut.pass(`rename to ${kindOf(target[1])}`)
  fs.renameSync(from, to)
  model.rename(place, target[1])
}

async function symlink(target: string, path: string, type?: string): Promise<void> {
  const found = placeOf(path)
  if (found === undefined) return real.symlink(target, path, type)
  const [{ model, cut }, place] = found
  cut.pass(`link ${kindOf(place)}`)
  fs.symlinkSync(target, path)
  model.link(place, target)
}

async function mkdir(path: string, options?: MakeDirectoryOptions): Promise<string | undefined> {
  const found = placeOf(path)
  if (found === undefined) return real.mkdir(path, options)
  const [{ model, cut, root }, place] = found
  if (place === '' || (options?.recursive === true && model.has(place))) return undefined
  const above = dirname(place)
  const first =
    options?.recursive === true && above !== '.'
      ? await mkdir(join(root, above), options)
      : undefined
  cut.pass(`make folder ${kindOf(place)}`)
  fs.mkdirSync(path, { mode: options?.mode })
  model.makeFolder(place)
  return options?.recursive === true ? (first ?? path) : undefined
}

/** A folder goes entry by entry, and between any two the power may go. */
async function rm(path: string, options?: RmOptions): Promise<void> {
  const found = placeOf(path)
  if (found === undefined) return real.rm(path, options)
  const [{ model, cut }, place] = found
  const there = fs.lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined && options?.force === true) return
  if (there?.isDirectory() === true && options?.recursive === true)
    for (const name of fs.readdirSync(path)) await rm(join(path, name), options)
  cut.pass(`remove ${kindOf(place)}`)
  if (there?.isDirectory() === true) fs.rmdirSync(path)
  else fs.unlinkSync(path)
  model.remove(place)
}

async function truncate(path: string, length = 0): Promise<void> {
  const found = placeOf(path)
  if (found === undefined) return real.truncate(path, length)
  const [{ model, cut }, place] = found
  cut.pass(`cut off ${kindOf(place)}`)
  fs.truncateSync(path, length)
  model.truncate(place, length)
}

const notModelled =
  (name: string, otherwise?: (...args: never[]) => unknown) =>
  (...args: unknown[]): unknown => {
    if (otherwise !== undefined && placeOf(args[0]) === undefined)
      return otherwise(...(args as never[]))
    throw new Error(`not modelled: ${name} ${String(args[0])}`)
  }

const NOT_MODELLED = [
  'appendFile',
  'copyFile',
  'cp',
  'link',
  'lutimes',
  'mkdtemp',
  'rmdir',
  'unlink',
  'writeFile',
] as const

/** Before any module of the client is called; imports of its functions follow. */
export function comeBetween(): void {
  Object.assign(promises, { open, rename, symlink, mkdir, rm, truncate })
  for (const name of NOT_MODELLED)
    Object.assign(promises, { [name]: notModelled(name, real[name] as never) })
  syncBuiltinESMExports()
}
