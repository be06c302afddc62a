import type { WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { deleteWebhook } from './webhook-queries.ts'

interface DeleteWebhookDialogProps {
  readonly webhook: WebhookView
  readonly onClose: () => void
}

export function DeleteWebhookDialog({
  webhook: { webhookId, name },
  onClose,
}: DeleteWebhookDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const deleting = useMutation({
    mutationFn: () => deleteWebhook(webhookId),
    onSuccess: async () => {
      tell(t('webhooks.delete.done', { name }))
      onClose()
      await client.invalidateQueries({ queryKey: ['webhooks'] })
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('webhooks.delete.title', { name })}
      note={t('webhooks.delete.effect')}
    >
      {deleting.isError && (
        <ProblemNote error={deleting.error} what={t('webhooks.delete.failed')} />
      )}
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{t('ui.cancel')}</Button>
        <Button shape="danger" busy={deleting.isPending} onClick={() => deleting.mutate()}>
          {t('webhooks.delete.action')}
        </Button>
      </div>
    </Dialog>
  )
}
