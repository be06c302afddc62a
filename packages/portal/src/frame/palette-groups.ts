import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { deviceSearchQuery } from '../devices/device-queries.ts'
import { codeSearchQuery } from '../registration/registration-queries.ts'
import { useMay } from '../session/session.ts'
import { useCommands, type Command } from './commands.tsx'
import { deviceCommand, refusalCommand } from './device-command.tsx'
import { isSupportCode } from '../registration/support-code.ts'

export interface PaletteGroup {
  readonly label: string
  readonly commands: readonly Command[]
}

interface PaletteGroups {
  readonly groups: readonly PaletteGroup[]
  /** Those of the commands that are known without the server. */
  readonly acts: readonly Command[]
  /** What is shown does not answer the text yet. */
  readonly isSearching: boolean
  readonly isFailed: boolean
}

const FEWEST_CHARACTERS = 2

/** What the text finds: devices, whoever was refused with this support code, and what can be done. */
export function usePaletteGroups(
  mode: 'search' | 'command',
  text: string,
  onKeys: () => void,
): PaletteGroups {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const words = text.trim()
  const settled = useSettled(words)
  const mayReadRefusals = useMay('registration:read')
  const isSearched = words.length >= FEWEST_CHARACTERS && settled.length >= FEWEST_CHARACTERS
  const devices = useQuery({ ...deviceSearchQuery(settled), enabled: isSearched })
  const isCode = mayReadRefusals && isSupportCode(settled)
  const refusals = useQuery({ ...codeSearchQuery(settled), enabled: isCode })
  const doable = useCommands(onKeys).filter((command) => matches(command.label, words))
  const found = [
    {
      label: t('frame.palette.devices'),
      commands: (isSearched ? (devices.data?.items ?? []) : []).map((device) =>
        deviceCommand(device, navigate),
      ),
    },
    {
      label: t('frame.palette.refusals'),
      commands: (refusals.data?.items ?? []).map((refusal) => refusalCommand(refusal, navigate)),
    },
  ]
  const acts = { label: t('frame.palette.commands'), commands: doable }
  const isAboutDevices = mode === 'search' || words.length > FEWEST_CHARACTERS
  const groups = isAboutDevices ? [...found, acts] : [acts, ...found]
  return {
    groups: groups.filter((group) => group.commands.length > 0),
    acts: doable,
    isSearching:
      words !== settled ||
      (isSearched && (devices.isPending || devices.isPlaceholderData)) ||
      (isCode && refusals.isPending),
    isFailed: devices.isError || refusals.isError,
  }
}

/** A scanner types a whole number within this: it is one search then, and not twenty. */
const TYPING_MS = 80

function useSettled(words: string): string {
  const [settled, setSettled] = useState(words)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(words), TYPING_MS)
    return () => clearTimeout(timer)
  }, [words])
  return settled
}

function matches(label: string, words: string): boolean {
  const text = label.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
