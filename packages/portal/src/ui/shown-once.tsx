import { Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button.tsx'
import { CodeBlock } from './code-block.tsx'
import { Dialog } from './dialog.tsx'
import { useCopy } from './identifier.tsx'

interface ShownOnceProps {
  readonly title: string
  readonly note: string
  readonly value: string
  /** On the button that copies: “Copy the link”. */
  readonly copyLabel: string
  /** On the button that closes: “I have kept it”. */
  readonly keptLabel: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A secret that the server shows a single time; this page keeps nothing of it. */
export function ShownOnce(props: ShownOnceProps) {
  const { title, note, value, copyLabel, keptLabel, onClose, children } = props
  const { t } = useTranslation()
  const { copied, copy } = useCopy(value)
  const Icon = copied ? Check : Copy
  return (
    <Dialog open onClose={onClose} title={title} note={note}>
      <div className="flex flex-col gap-3 pt-1 text-13">
        <CodeBlock className="break-all whitespace-pre-wrap">{value}</CodeBlock>
        <p>{children}</p>
        <div className="flex justify-end gap-2 pt-1">
          <Button icon={<Icon aria-hidden="true" className="size-3.5" />} onClick={copy}>
            {copied ? t('ui.copy.done') : copyLabel}
          </Button>
          <Button shape="primary" onClick={onClose}>
            {keptLabel}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
