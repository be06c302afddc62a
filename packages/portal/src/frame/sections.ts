import type { Permission } from '@sanad/protocol/domain/permissions'
import {
  Boxes,
  DoorOpen,
  Fingerprint,
  FileInput,
  Gauge,
  Hourglass,
  KeyRound,
  Layers,
  type LucideIcon,
  ScanSearch,
  ScrollText,
  Send,
  ShieldCheck,
  ShieldX,
  SlidersHorizontal,
  UserRoundCheck,
  Users,
  Webhook,
} from 'lucide-react'

export interface Section {
  readonly name:
    | 'overview'
    | 'devices'
    | 'approvals'
    | 'keys'
    | 'commands'
    | 'findings'
    | 'groups'
    | 'policies'
    | 'refused'
    | 'imports'
    | 'models'
    | 'trust'
    | 'record'
    | 'webhooks'
    | 'proposals'
    | 'operators'
    | 'access-log'
  readonly to: string
  /** Where its pages of one thing begin, if elsewhere. */
  readonly also?: string
  readonly icon: LucideIcon
  readonly permission: Permission
  /** After `g`, this letter goes there. */
  readonly letter: string
}

/** Under one heading in the navigation; the overview stands above all of them. */
export interface SectionGroup {
  readonly name: 'fleet' | 'registration' | 'operation' | 'server' | 'access'
  readonly sections: readonly Section[]
}

export const OVERVIEW: Section = {
  name: 'overview',
  to: '/',
  icon: Gauge,
  permission: 'device:read',
  letter: 'o',
}

export const SECTION_GROUPS: readonly SectionGroup[] = [
  {
    name: 'fleet',
    sections: [
      {
        name: 'devices',
        to: '/devices',
        icon: Fingerprint,
        permission: 'device:read',
        letter: 'd',
      },
      { name: 'groups', to: '/groups', icon: Boxes, permission: 'group:read', letter: 'b' },
      { name: 'models', to: '/models', icon: Layers, permission: 'model:read', letter: 'm' },
      { name: 'imports', to: '/imports', icon: FileInput, permission: 'import:read', letter: 'i' },
    ],
  },
  {
    name: 'registration',
    sections: [
      {
        name: 'approvals',
        to: '/approvals',
        icon: Hourglass,
        permission: 'registration:read',
        letter: 'a',
      },
      {
        name: 'refused',
        to: '/refused',
        icon: ShieldX,
        permission: 'registration:read',
        letter: 'x',
      },
    ],
  },
  {
    name: 'operation',
    sections: [
      {
        name: 'findings',
        to: '/findings',
        icon: ScanSearch,
        permission: 'finding:read',
        letter: 'f',
      },
      { name: 'keys', to: '/keys', icon: KeyRound, permission: 'key:read', letter: 'k' },
      {
        name: 'commands',
        to: '/commands',
        also: '/campaigns',
        icon: Send,
        permission: 'command:read',
        letter: 'c',
      },
      {
        name: 'policies',
        to: '/policies',
        icon: SlidersHorizontal,
        permission: 'policy:read',
        letter: 'p',
      },
    ],
  },
  {
    name: 'server',
    sections: [
      { name: 'trust', to: '/trust', icon: ShieldCheck, permission: 'server:read', letter: 't' },
      { name: 'record', to: '/record', icon: ScrollText, permission: 'event:read', letter: 'r' },
      {
        name: 'webhooks',
        to: '/webhooks',
        icon: Webhook,
        permission: 'webhook:manage',
        letter: 'w',
      },
    ],
  },
  {
    name: 'access',
    sections: [
      {
        name: 'proposals',
        to: '/proposals',
        also: '/two-person-rules',
        icon: UserRoundCheck,
        permission: 'proposal:read',
        letter: 'v',
      },
      {
        name: 'operators',
        to: '/operators',
        icon: Users,
        permission: 'operator:read',
        letter: 'u',
      },
      {
        name: 'access-log',
        to: '/access-log',
        icon: DoorOpen,
        permission: 'access-log:read',
        letter: 'l',
      },
    ],
  },
]

export const SECTIONS: readonly Section[] = [
  OVERVIEW,
  ...SECTION_GROUPS.flatMap(({ sections }) => sections),
]
