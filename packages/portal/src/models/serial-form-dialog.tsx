import type { FormProposal, ModelView } from '@sanad/protocol/operator-api/models'
import { parseSerialForm } from '@sanad/protocol/domain/serial-form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { send } from '../api/request.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'

interface SerialFormDialogProps {
  readonly model: ModelView
  readonly onClose: () => void
}

/** The form of a model’s serial numbers: written, or proposed from what is approved. */
export function SerialFormDialog({ model, onClose }: SerialFormDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [form, setForm] = useState(model.serialNoForm ?? '')
  const path = `/models/${model.modelId}/serial-no-form`
  const proposing = useMutation({
    mutationFn: () => send<FormProposal>(`${path}/proposal`),
    onSuccess: (proposal) => setForm((written) => proposal.form ?? written),
  })
  const setting = useMutation({
    mutationFn: (next: string | null) =>
      send<ModelView>(path, { method: 'POST', body: { form: next } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['models'] })
      tell(t('models.form.done'))
      onClose()
    },
  })
  const isWrong = form !== '' && !isForm(form)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isWrong && !setting.isPending) setting.mutate(form === '' ? null : form)
  }
  const name = `${model.make} ${model.model}`
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('models.form.title', { name })}
      note={t('models.form.note')}
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        {setting.isError && <ProblemNote error={setting.error} />}
        {proposing.isError && <ProblemNote error={proposing.error} />}
        <Field
          label={t('models.form.label')}
          hint={t('models.form.hint')}
          error={isWrong ? t('models.form.wrong') : undefined}
        >
          {(control) => (
            <TextInput
              {...control}
              value={form}
              maxLength={128}
              placeholder="EXS442@#{7}"
              onChange={(event) => setForm(event.target.value)}
              className="font-mono [font-variant-ligatures:none]"
            />
          )}
        </Field>
        <Button busy={proposing.isPending} onClick={() => proposing.mutate()}>
          {t('models.form.propose')}
        </Button>
        {proposing.isSuccess && <Proposal proposal={proposing.data} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="primary" busy={setting.isPending}>
            {form === '' ? t('models.form.remove') : t('models.form.confirm')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function isForm(text: string): boolean {
  try {
    parseSerialForm(text)
    return true
  } catch {
    return false
  }
}

function Proposal({ proposal: { form, looked, fitting, others } }: { proposal: FormProposal }) {
  const { t } = useTranslation()
  if (form === null) return <p className="text-13">{t('models.form.none', { count: looked })}</p>
  return (
    <div role="status" className="text-13">
      <p>{t('models.form.fits', { form, fitting, count: looked })}</p>
      {others.length > 0 && (
        <p className="mt-1">
          {t('models.form.others')}{' '}
          {others.map((serialNo) => (
            <code key={serialNo} className="me-2 break-all">
              {serialNo}
            </code>
          ))}
        </p>
      )}
    </div>
  )
}
