/**
 * Owner and access list of a file, in the text form of Windows (SDDL): the same in every language of the system.
 *
 * [MS-DTYP] §2.5.1: `O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)` – owner, flags, entries of type, inheritance,
 * rights and account.
 */

export interface AccessList {
  readonly owner: string
  /** Undefined where there is no list at all: then everyone has every right. */
  readonly entries: readonly AccessEntry[] | undefined
}

export interface AccessEntry {
  readonly isAllowing: boolean
  /** [MS-DTYP] §2.4.3. */
  readonly rights: number
  readonly account: string
}

/** @returns undefined for a text that is not of this form */
export function parseAccessList(sddl: string): AccessList | undefined {
  const found = /^O:([A-Z]{2}|S-[0-9-]+)(?:G:(?:[A-Z]{2}|S-[0-9-]+))?(?:D:([A-Z_]*)(.*))?$/.exec(
    sddl,
  )
  if (found === null) return undefined
  const [, owner = '', flags, list = ''] = found
  if (flags === undefined || flags === 'NO_ACCESS_CONTROL') return { owner, entries: undefined }
  const entries = [...list.matchAll(/\(([^()]*(?:\([^)]*\))?[^()]*)\)/g)].map(([, text = '']) =>
    parseEntry(text),
  )
  const isWhole = list === '' || entries.length > 0
  if (!isWhole || entries.some((entry) => entry === undefined)) return undefined
  return { owner, entries: entries.filter((entry) => entry !== undefined) }
}

/** Denials, of which a list only gets stricter, and allowances; of a condition on one it is supposed that it holds. */
const TYPES: Readonly<Record<string, boolean>> = {
  A: true,
  OA: true,
  XA: true,
  ZA: true,
  D: false,
  OD: false,
  XD: false,
}

function parseEntry(text: string): AccessEntry | undefined {
  const [type = '', , rights = '', , , account = ''] = text.split(';')
  const isAllowing = TYPES[type]
  const bits = parseRights(rights)
  if (isAllowing === undefined || bits === undefined || account === '') return undefined
  return { isAllowing, rights: bits, account }
}

/** [MS-DTYP] §2.5.1.1, as bits: generic, standard, and those of files by the letters that objects of a directory have. */
const RIGHTS: Readonly<Record<string, number>> = {
  GA: 0x1000_0000,
  GR: 0x8000_0000,
  GW: 0x4000_0000,
  GX: 0x2000_0000,
  RC: 0x2_0000,
  SD: 0x1_0000,
  WD: 0x4_0000,
  WO: 0x8_0000,
  FA: 0x1f_01ff,
  FR: 0x12_0089,
  FW: 0x12_0116,
  FX: 0x12_00a0,
  CC: 0x1,
  DC: 0x2,
  LC: 0x4,
  SW: 0x8,
  RP: 0x10,
  WP: 0x20,
  DT: 0x40,
  LO: 0x80,
  CR: 0x100,
}

function parseRights(text: string): number | undefined {
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number.parseInt(text, 16)
  let bits = 0
  for (const letters of text.match(/../g) ?? []) {
    const right = RIGHTS[letters]
    if (right === undefined) return undefined
    bits |= right
  }
  return text.length % 2 === 0 ? bits : undefined
}

/**
 * To create, change, delete, take over, or give rights away: FILE_WRITE_DATA, APPEND_DATA, WRITE_EA, DELETE_CHILD,
 * WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER, MAXIMUM_ALLOWED, GENERIC_WRITE, GENERIC_ALL.
 */
const WRITING =
  0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x200_0000 | 0x5000_0000
/** READ_CONTROL: to read the list itself. */
const ONLY_LIST = 0x2_0000

/** SYSTEM, Administrators and TrustedInstaller can do everything anyhow. */
const TRUSTED = [
  'SY',
  'S-1-5-18',
  'BA',
  'S-1-5-32-544',
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
]
/** CREATOR OWNER, in what a new file inherits: becomes its owner, who is judged at that file. */
const LATER_OWNER = ['CO', 'S-1-3-0']
const OWNER_RIGHTS = ['OW', 'S-1-3-4']

export interface Judged {
  readonly list: AccessList
  /** SID of the client's own account. */
  readonly own: string
}

/** @returns what is wrong with a file or folder that only the client should reach */
export function findStranger({ list, own }: Judged): string | undefined {
  return judge({ list, own }, () => true)
}

/** @returns what is wrong with a file or folder that only the client and administrators should change */
export function findStrangeWriter({ list, own }: Judged): string | undefined {
  return judge({ list, own }, (rights) => (rights & WRITING) !== 0)
}

function judge(
  { list: { owner, entries }, own }: Judged,
  isTooMuch: (rights: number) => boolean,
): string | undefined {
  if (entries === undefined) return 'it has no access list, so every account has every right'
  const isKnown = (account: string): boolean => account === own || TRUSTED.includes(account)
  const allowing = entries.filter(({ isAllowing }) => isAllowing)
  const ofOwner = allowing.filter(({ account }) => OWNER_RIGHTS.includes(account))
  // Without an entry of its own an owner can change the list whatever it says.
  const isOwnerHeld =
    ofOwner.length > 0 && ofOwner.every(({ rights }) => (rights & ~ONLY_LIST) === 0)
  if (!isKnown(owner) && !isOwnerHeld) return `its owner is ${owner}`
  const stranger = allowing.find(
    ({ account, rights }) =>
      !isKnown(account) &&
      !OWNER_RIGHTS.includes(account) &&
      !LATER_OWNER.includes(account) &&
      isTooMuch(rights),
  )
  return stranger && `account ${stranger.account} has rights to it`
}
