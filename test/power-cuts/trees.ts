import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Tree, TreeEntry } from './disk-model.ts'

/** Folders of the real file system as trees, and back. */

export function readTree(root: string): Tree {
  const tree = new Map<string, TreeEntry>()
  const walk = (prefix: string): void => {
    for (const name of readdirSync(join(root, prefix))) {
      const path = `${prefix}${name}`
      const found = lstatSync(join(root, path))
      if (found.isSymbolicLink())
        tree.set(path, { kind: 'link', target: readlinkSync(join(root, path)) })
      else if (found.isDirectory()) {
        tree.set(path, { kind: 'folder' })
        walk(`${path}/`)
      } else tree.set(path, { kind: 'file', bytes: readFileSync(join(root, path)) })
    }
  }
  walk('')
  return tree
}

/** The folder holds this afterwards and nothing else. */
export function writeTree(root: string, tree: Tree): void {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true })
  for (const [path, entry] of tree) {
    const place = join(root, path)
    if (entry.kind === 'folder') mkdirSync(place, { mode: 0o700 })
    else if (entry.kind === 'link') symlinkSync(entry.target, place)
    else writeFileSync(place, entry.bytes, { mode: 0o600 })
  }
}
