import { useTranslation } from 'react-i18next'
import { Dialog } from '../ui/dialog.tsx'
import { KeyHint } from '../ui/key-hint.tsx'
import { SECTIONS } from './sections.ts'

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const keys: (readonly [string, readonly string[]])[] = [
    [t('frame.keys.search'), ['/']],
    [t('frame.keys.command'), ['Ctrl', 'K']],
    [t('frame.keys.down'), ['j']],
    [t('frame.keys.up'), ['k']],
    [t('frame.keys.enter'), ['Enter']],
    [t('frame.keys.filter'), ['f']],
    [t('frame.keys.help'), ['?']],
  ]
  const places = SECTIONS.map(
    (section) => [t(`frame.section.${section.name}`), ['g', section.letter]] as const,
  )
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('frame.keys.title')}
      note={t('frame.keys.note')}
      wide
    >
      <div className="grid gap-x-10 sm:grid-cols-2">
        <KeyList keys={keys} />
        <KeyList keys={places} />
      </div>
    </Dialog>
  )
}

function KeyList({ keys }: { keys: readonly (readonly [string, readonly string[]])[] }) {
  return (
    <dl className="text-13">
      {keys.map(([what, presses]) => (
        <div
          key={what}
          className="flex min-h-9 items-center justify-between gap-4 border-b border-line"
        >
          <dt>{what}</dt>
          <dd className="flex gap-1">
            {presses.map((press) => (
              <KeyHint key={press}>{press}</KeyHint>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  )
}
