import { createHash } from 'node:crypto'

/**
 * What a disk may hold after a power cut, by what the operating system promises and no more.
 *
 * A flushed file has its bytes. POSIX: a flushed folder has its entries. Windows: no folder can be flushed; a flushed
 * file has the name that it has then, and so have the folders above it; that something was removed is never sure.
 * Everything else that was done may have reached the disk or not, each change on its own and in any order; and bytes
 * that were not flushed may be missing, cut off or zeros. Real file systems promise more, each another thing.
 */

export type Promises = 'posix' | 'windows'

export type Tree = ReadonlyMap<string, TreeEntry>
export type TreeEntry =
  | { readonly kind: 'file'; readonly bytes: Buffer }
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly target: string }

interface FileNode {
  readonly kind: 'file'
  bytes: Buffer
  /** As of the last flush. */
  flushed: Buffer
}
interface FolderNode {
  readonly kind: 'folder'
  readonly entries: Map<string, Node>
  readonly flushed: Map<string, Node>
}
interface LinkNode {
  readonly kind: 'link'
  readonly target: string
}
type Node = FileNode | FolderNode | LinkNode

/** A change of one folder that is not flushed yet. */
interface Change {
  readonly folder: FolderNode
  readonly set?: readonly [name: string, node: Node]
  readonly remove?: string
}

/** Of unflushed bytes: what a reader may find. */
const FATES = ['whole', 'flushed', 'empty', 'half', 'zeros'] as const
type FateOfBytes = (typeof FATES)[number]

export class DiskModel {
  readonly #root: FolderNode
  readonly #promises: Promises
  #changes: Change[] = []

  private constructor(root: FolderNode, promises: Promises) {
    this.#root = root
    this.#promises = promises
  }

  /** A disk on which everything is flushed. */
  static of(tree: Tree, promises: Promises = 'posix'): DiskModel {
    const root = makeFolder()
    for (const [path, entry] of [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const { folder, name } = locate(root, path)
      const node = makeNode(entry)
      folder.entries.set(name, node)
      folder.flushed.set(name, node)
    }
    return new DiskModel(root, promises)
  }

  /** An empty file: a new one, or the one that is there, cut to nothing. */
  create(path: string): void {
    const { folder, name } = locate(this.#root, path)
    const found = folder.entries.get(name)
    if (found?.kind === 'file') found.bytes = Buffer.alloc(0)
    else this.#set(folder, name, { kind: 'file', bytes: Buffer.alloc(0), flushed: Buffer.alloc(0) })
  }

  write(path: string, bytes: Buffer): void {
    const node = this.#require(path)
    if (node.kind !== 'file') throw new Error(`not a file: ${path}`)
    node.bytes = Buffer.concat([node.bytes, bytes])
  }

  truncate(path: string, length: number): void {
    const node = this.#require(path)
    if (node.kind !== 'file') throw new Error(`not a file: ${path}`)
    node.bytes = node.bytes.subarray(0, length)
  }

  flush(path: string): void {
    const node = this.#require(path)
    if (node.kind === 'file') node.flushed = node.bytes
    if (this.#promises === 'windows') return this.#flushNames(path)
    if (node.kind !== 'folder') return
    for (const change of this.#changes) if (change.folder === node) applyTo(node.flushed, change)
    this.#changes = this.#changes.filter(({ folder }) => folder !== node)
  }

  /** Of a file and of the folders above it, with all that was done under the same names before. */
  #flushNames(path: string): void {
    const names = path.split('/')
    for (let depth = 1; depth <= names.length; depth++) {
      const { folder, name } = locate(this.#root, names.slice(0, depth).join('/'))
      const isOfName = (change: Change): boolean =>
        change.folder === folder && (change.set?.[0] === name || change.remove === name)
      for (const change of this.#changes) if (isOfName(change)) applyTo(folder.flushed, change)
      this.#changes = this.#changes.filter((change) => !isOfName(change))
    }
  }

  makeFolder(path: string): void {
    const { folder, name } = locate(this.#root, path)
    this.#set(folder, name, makeFolder())
  }

  link(path: string, target: string): void {
    const { folder, name } = locate(this.#root, path)
    this.#set(folder, name, { kind: 'link', target })
  }

  rename(from: string, to: string): void {
    const [source, target] = [locate(this.#root, from), locate(this.#root, to)]
    if (source.folder !== target.folder) throw new Error('not modelled: to another folder')
    const node = this.#require(from)
    this.#change({ folder: source.folder, remove: source.name, set: [target.name, node] })
  }

  remove(path: string): void {
    const { folder, name } = locate(this.#root, path)
    this.#change({ folder, remove: name })
  }

  has(path: string): boolean {
    const { folder, name } = locate(this.#root, path)
    return folder.entries.has(name)
  }

  /**
   * The states that a power cut now may leave, no two alike.
   *
   * @param most where there are more, the telling ones and a sample of the others
   */
  listStates(most: number, random: () => number): Tree[] {
    const found = new Map<string, Tree>()
    for (const kept of chooseChanges(this.#changes.length, most, random))
      for (const fates of this.#chooseFates(kept)) {
        const tree = this.#treeOf(kept, fates)
        const key = digestOf(tree)
        if (!found.has(key)) found.set(key, tree)
        if (found.size >= most) return [...found.values()]
      }
    return [...found.values()]
  }

  *#chooseFates(kept: readonly boolean[]): Generator<ReadonlyMap<Node, FateOfBytes>> {
    const dirty = [...new Set(listFiles(this.#treeNodes(kept)))].filter(
      ({ bytes, flushed }) => !bytes.equals(flushed),
    )
    if (dirty.length === 0) yield new Map()
    else for (const fate of FATES) yield new Map(dirty.map((node) => [node, fate]))
  }

  #treeNodes(kept: readonly boolean[]): Map<string, Node> {
    const copies = new Map<FolderNode, Map<string, Node>>()
    const entriesOf = (folder: FolderNode): Map<string, Node> => {
      const copy = copies.get(folder) ?? new Map(folder.flushed)
      copies.set(folder, copy)
      return copy
    }
    for (const [index, change] of this.#changes.entries())
      if (kept[index] === true) applyTo(entriesOf(change.folder), change)
    const nodes = new Map<string, Node>()
    const walk = (folder: FolderNode, prefix: string): void => {
      for (const [name, node] of entriesOf(folder)) {
        nodes.set(`${prefix}${name}`, node)
        if (node.kind === 'folder') walk(node, `${prefix}${name}/`)
      }
    }
    walk(this.#root, '')
    return nodes
  }

  #treeOf(kept: readonly boolean[], fates: ReadonlyMap<Node, FateOfBytes>): Tree {
    const tree = new Map<string, TreeEntry>()
    for (const [path, node] of this.#treeNodes(kept))
      tree.set(
        path,
        node.kind === 'file'
          ? { kind: 'file', bytes: bytesOf(node, fates.get(node) ?? 'whole') }
          : node.kind === 'link'
            ? node
            : { kind: 'folder' },
      )
    return tree
  }

  #set(folder: FolderNode, name: string, node: Node): void {
    this.#change({ folder, set: [name, node] })
  }

  #change(change: Change): void {
    applyTo(change.folder.entries, change)
    this.#changes.push(change)
  }

  #require(path: string): Node {
    if (path === '') return this.#root
    const { folder, name } = locate(this.#root, path)
    const node = folder.entries.get(name)
    if (node === undefined) throw new Error(`not in the model: ${path}`)
    return node
  }
}

const makeFolder = (): FolderNode => ({ kind: 'folder', entries: new Map(), flushed: new Map() })

function makeNode(entry: TreeEntry): Node {
  if (entry.kind === 'folder') return makeFolder()
  if (entry.kind === 'link') return entry
  return { kind: 'file', bytes: entry.bytes, flushed: entry.bytes }
}

function locate(root: FolderNode, path: string): { folder: FolderNode; name: string } {
  const names = path.split('/')
  const name = names.pop() ?? ''
  let folder = root
  for (const step of names) {
    const next = folder.entries.get(step)
    if (next?.kind !== 'folder') throw new Error(`not in the model: ${path}`)
    folder = next
  }
  return { folder, name }
}

function applyTo(entries: Map<string, Node>, { set, remove }: Change): void {
  if (remove !== undefined) entries.delete(remove)
  if (set !== undefined) entries.set(...set)
}

function* listFiles(nodes: ReadonlyMap<string, Node>): Generator<FileNode> {
  for (const node of nodes.values()) if (node.kind === 'file') yield node
}

function bytesOf({ bytes, flushed }: FileNode, fate: FateOfBytes): Buffer {
  if (fate === 'flushed') return flushed
  // Cut off at its end: all of it or nothing.
  if (fate === 'whole' || startsWith(flushed, bytes)) return bytes
  const before = startsWith(bytes, flushed) ? flushed : Buffer.alloc(0)
  const added = bytes.subarray(before.length)
  return Buffer.concat([before, remainsOf(added, fate)])
}

const startsWith = (bytes: Buffer, beginning: Buffer): boolean =>
  bytes.subarray(0, beginning.length).equals(beginning)

function remainsOf(added: Buffer, fate: 'empty' | 'half' | 'zeros'): Buffer {
  if (fate === 'zeros') return Buffer.alloc(added.length)
  return added.subarray(0, fate === 'half' ? Math.ceil(added.length / 2) : 0)
}

/** Which of so many changes reached the disk: every choice if they are few. */
function* chooseChanges(
  count: number,
  most: number,
  random: () => number,
): Generator<readonly boolean[]> {
  const make = (keep: (index: number) => boolean): boolean[] =>
    Array.from({ length: count }, (_, index) => keep(index))
  if (2 ** count <= most) {
    for (let bits = 2 ** count - 1; bits >= 0; bits--)
      yield make((index) => (bits & (1 << index)) !== 0)
    return
  }
  yield make(() => true)
  yield make(() => false)
  for (let end = 1; end < count; end++) yield make((index) => index < end)
  for (let lost = 0; lost < count; lost++) yield make((index) => index !== lost)
  for (let alone = 0; alone < count; alone++) yield make((index) => index === alone)
  for (let sample = 0; sample < most; sample++) yield make(() => random() < 0.5)
}

/** One digest for one state, whatever way led to it. */
function digestOf(tree: Tree): string {
  const digest = createHash('sha256')
  for (const [path, entry] of [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    digest.update(`${path}\0${entry.kind}\0`)
    if (entry.kind === 'file') digest.update(createHash('sha256').update(entry.bytes).digest())
    if (entry.kind === 'link') digest.update(entry.target)
    digest.update('\0')
  }
  return digest.digest('hex')
}
